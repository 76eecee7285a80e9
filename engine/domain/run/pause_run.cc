#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/status_changes.h"

namespace skein::domain::run {

namespace {

struct PauseRun final : CommandBody {
    std::shared_ptr<const RunPaused> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        const StatusChange change{StatusCommand::kPause, RunStatus::kPaused};
        if (auto no = check_status_change(target_run(scene), change)) return fail(*std::move(no));
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<RunPaused>();
    event->error = data.value("error", Presence::kOptional);
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<PauseRun>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec pause_run_command() { return {"PauseRun", "run", "Pauses a running run.", parse}; }

}  // namespace skein::domain::run
