#include <fmt/format.h>

#include <array>

#include "engine/domain/run/codes.h"
#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"

namespace skein::domain::run {

namespace {

struct UpdateStep final : CommandBody {
    std::shared_ptr<const StepUpdated> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        const Step* step = target_run(scene).steps.find(event->step);
        if (step != nullptr && is_terminal(step->status)) {
            return fail(reject(codes::kStepAlreadyEnded, fmt::format("Step {} is {}.", event->step,
                                                                     to_string(step->status))));
        }
        return one_event(scene, event);
    }
};

// Completed and failed have commands of their own.
StepStatus read_status(Fields& data) {
    constexpr std::array kChoices{StepStatus::kPending, StepStatus::kSkipped,
                                  StepStatus::kCancelled, StepStatus::kBlocked,
                                  StepStatus::kRunning};
    std::vector<std::string_view> names;
    names.reserve(kChoices.size());
    for (const StepStatus choice : kChoices) names.push_back(to_string(choice));
    const auto index = data.one_of("status", Presence::kRequired, names);
    return index ? kChoices[*index] : StepStatus::kPending;
}

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<StepUpdated>();
    event->step = data.id("step", Presence::kRequired).value_or("");
    event->status = read_status(data);
    event->detail = data.value("detail", Presence::kOptional);
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<UpdateStep>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec update_step_command() {
    return {"UpdateStep", "run", "Lists a step, or changes its status without output or error.",
            parse};
}

}  // namespace skein::domain::run
