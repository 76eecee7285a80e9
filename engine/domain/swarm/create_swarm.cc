#include <fmt/format.h>

#include "engine/domain/swarm/codes.h"
#include "engine/domain/swarm/commands.h"
#include "engine/domain/swarm/guards.h"
#include "engine/domain/swarm/swarm_events.h"

namespace skein::domain::swarm {

namespace {

struct CreateSwarm final : CommandBody {
    std::shared_ptr<const SwarmCreated> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        const SwarmState& swarm = target_swarm(scene);
        if (swarm.exists()) {
            return fail(reject(codes::kAlreadyExists,
                               fmt::format("Swarm {} exists{}.", swarm.swarm(),
                                           swarm.is_archived() ? ", archived" : "")));
        }
        if (auto no = check_expected_version(scene)) return fail(*std::move(no));
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<SwarmCreated>();
    if (auto goal = data.long_text("goal", Presence::kOptional)) {
        event->goal = json::Value::string(*goal);
    }
    event->config = data.object("config", Presence::kOptional).value_or(json::Value::object({}));
    event->team = data.value("team", Presence::kOptional).value_or(json::Value());
    event->tools = data.array("tools", Presence::kOptional).value_or(json::Value::array({}));
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<CreateSwarm>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec create_swarm_command() {
    return {"CreateSwarm", "swarm", "Creates a swarm with its goal, configuration, team and tools.",
            parse};
}

}  // namespace skein::domain::swarm
