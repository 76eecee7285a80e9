#include <fmt/format.h>

#include "engine/domain/run/codes.h"
#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"

namespace skein::domain::run {

namespace {

struct StartStep final : CommandBody {
    std::shared_ptr<const StepStarted> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        const RunState& run = target_run(scene);
        if (run.status == RunStatus::kPaused || run.status == RunStatus::kBlocked) {
            return fail(reject(
                codes::kRunNotRunning,
                fmt::format("Run {} is {}: it starts no step.", run.run(), to_string(run.status))));
        }
        const Step* step = run.steps.find(event->step);
        if (step != nullptr && step->status == StepStatus::kRunning) {
            return fail(reject(codes::kStepAlreadyRunning,
                               fmt::format("Step {} runs already.", event->step)));
        }
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<StepStarted>();
    event->step = data.id("step", Presence::kRequired).value_or("");
    event->step_type = data.text("type", Presence::kOptional).value_or("");
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<StartStep>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec start_step_command() { return {"StartStep", "run", "Starts a step of a run.", parse}; }

}  // namespace skein::domain::run
