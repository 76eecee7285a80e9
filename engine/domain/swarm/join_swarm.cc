#include <fmt/format.h>

#include "engine/domain/swarm/codes.h"
#include "engine/domain/swarm/commands.h"
#include "engine/domain/swarm/guards.h"
#include "engine/domain/swarm/swarm_events.h"

namespace skein::domain::swarm {

namespace {

struct JoinSwarm final : CommandBody {
    std::shared_ptr<const AgentJoined> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_open_swarm(scene)) return fail(*std::move(no));
        if (target_swarm(scene).agents.find(event->agent) != nullptr) {
            return fail(reject(codes::kAgentAlreadyJoined,
                               fmt::format("Agent {} has joined already.", event->agent)));
        }
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<AgentJoined>();
    event->agent = data.id("agent", Presence::kRequired).value_or("");
    event->role = data.text("role", Presence::kOptional).value_or("");
    event->config = data.object("config", Presence::kOptional).value_or(json::Value());
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<JoinSwarm>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec join_swarm_command() {
    return {"JoinSwarm", "swarm", "Lets an agent join a swarm, with a role and a configuration.",
            parse};
}

}  // namespace skein::domain::swarm
