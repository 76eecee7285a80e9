#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/status_changes.h"

namespace skein::domain::run {

namespace {

struct ResumeRun final : CommandBody {
    std::shared_ptr<const RunResumed> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        const StatusChange change{StatusCommand::kResume, RunStatus::kRunning};
        if (auto no = check_status_change(target_run(scene), change)) return fail(*std::move(no));
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<RunResumed>();
    event->error = data.value("error", Presence::kOptional);
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<ResumeRun>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec resume_run_command() { return {"ResumeRun", "run", "Lets a paused run go on.", parse}; }

}  // namespace skein::domain::run
