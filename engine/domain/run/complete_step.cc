#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/step_guards.h"
#include "engine/domain/run/updates.h"

namespace skein::domain::run {

namespace {

struct CompleteStep final : CommandBody {
    std::shared_ptr<const StepCompleted> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        const RunState& run = target_run(scene);
        if (auto no = check_step_runs(run, event->step)) return fail(*std::move(no));
        if (event->output) {
            const Slot slot{Area::kIntermediate, event->step};
            if (auto no = check_not_frozen(run, slot)) return fail(*std::move(no));
        }
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<StepCompleted>();
    event->step = data.id("step", Presence::kRequired).value_or("");
    event->output = data.value("output", Presence::kOptional);
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<CompleteStep>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec complete_step_command() {
    return {"CompleteStep", "run", "Completes a step; its output becomes an intermediate result.",
            parse};
}

}  // namespace skein::domain::run
