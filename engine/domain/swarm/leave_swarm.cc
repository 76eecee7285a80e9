#include <fmt/format.h>

#include "engine/domain/swarm/codes.h"
#include "engine/domain/swarm/commands.h"
#include "engine/domain/swarm/guards.h"
#include "engine/domain/swarm/swarm_events.h"

namespace skein::domain::swarm {

namespace {

struct LeaveSwarm final : CommandBody {
    std::shared_ptr<const AgentLeft> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_open_swarm(scene)) return fail(*std::move(no));
        if (target_swarm(scene).agents.find(event->agent) == nullptr) {
            return fail(reject(codes::kAgentNotJoined,
                               fmt::format("Agent {} is not in the swarm.", event->agent)));
        }
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<AgentLeft>();
    event->agent = data.id("agent", Presence::kRequired).value_or("");
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<LeaveSwarm>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec leave_swarm_command() {
    return {"LeaveSwarm", "swarm", "Lets an agent leave a swarm.", parse};
}

}  // namespace skein::domain::swarm
