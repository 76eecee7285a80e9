#include <array>

#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/status_changes.h"

namespace skein::domain::run {

namespace {

struct SetRunStatus final : CommandBody {
    std::shared_ptr<const RunStatusChanged> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        const StatusChange change{StatusCommand::kSetStatus, event->status};
        if (auto no = check_status_change(target_run(scene), change)) return fail(*std::move(no));
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    constexpr std::array kChoices{RunStatus::kInitializing, RunStatus::kRunning,
                                  RunStatus::kBlocked};
    auto event = std::make_shared<RunStatusChanged>();
    const auto index =
        data.one_of("status", Presence::kRequired, {"initializing", "running", "blocked"});
    if (index) event->status = kChoices[*index];
    event->detail = data.value("detail", Presence::kOptional);
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<SetRunStatus>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec set_run_status_command() {
    return {"SetRunStatus", "run", "Takes a run to initializing, running or blocked.", parse};
}

}  // namespace skein::domain::run
