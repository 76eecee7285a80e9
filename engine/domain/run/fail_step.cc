#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/step_guards.h"

namespace skein::domain::run {

namespace {

struct FailStep final : CommandBody {
    std::shared_ptr<const StepFailed> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        if (auto no = check_step_runs(target_run(scene), event->step)) return fail(*std::move(no));
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<StepFailed>();
    event->step = data.id("step", Presence::kRequired).value_or("");
    event->error = data.value("error", Presence::kRequired).value_or(json::Value());
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<FailStep>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec fail_step_command() {
    return {"FailStep", "run", "Fails a step, with its error.", parse};
}

}  // namespace skein::domain::run
