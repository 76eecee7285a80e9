#include "engine/domain/swarm/codes.h"
#include "engine/domain/swarm/commands.h"
#include "engine/domain/swarm/guards.h"
#include "engine/domain/swarm/swarm_events.h"
#include "engine/json/patch.h"

namespace skein::domain::swarm {

namespace {

struct UpdateSwarm final : CommandBody {
    std::shared_ptr<const SwarmUpdated> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_open_swarm(scene)) return fail(*std::move(no));
        if (event->config) {
            const json::Value merged = json::merge(target_swarm(scene).config, *event->config);
            if (auto no = check_accumulated(merged, "config", scene.limits())) {
                return fail(*std::move(no));
            }
        }
        return one_event(scene, event);
    }
};

// A goal of null takes the goal away.
std::optional<json::Value> read_goal(Fields& data) {
    auto goal = data.value("goal", Presence::kOptional);
    if (!goal || goal->is_null() || goal->is_string()) return goal;
    data.refuse(reject(codes::kInvalidField, "/data/goal must be a string or null."));
    return std::nullopt;
}

// An archived status is ArchiveSwarm's alone, so it is no choice here.
std::optional<SwarmStatus> read_status(Fields& data) {
    const auto index = data.one_of("status", Presence::kOptional,
                                   {"uninitialized", "starting", "running", "idle", "paused",
                                    "stopped", "failed", "terminated"});
    return index ? std::optional(static_cast<SwarmStatus>(*index)) : std::nullopt;
}

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<SwarmUpdated>();
    event->goal = read_goal(data);
    event->config = data.object("config", Presence::kOptional);
    event->status = read_status(data);
    if (!event->goal && !event->config && !event->status) {
        data.refuse(reject(codes::kEmptyCommand, "Give goal, config or status."));
    }
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<UpdateSwarm>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec update_swarm_command() {
    return {"UpdateSwarm", "swarm",
            "Changes a swarm's goal, configuration (merge patch) or status.", parse};
}

}  // namespace skein::domain::swarm
