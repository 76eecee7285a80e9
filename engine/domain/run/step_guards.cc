#include "engine/domain/run/step_guards.h"

#include <fmt/format.h>

#include "engine/domain/run/codes.h"

namespace skein::domain::run {

std::optional<Rejection> check_step_runs(const RunState& run, std::string_view step) {
    const Step* known = run.steps.find(step);
    if (known != nullptr && known->status == StepStatus::kRunning) return std::nullopt;
    return reject(codes::kStepNotRunning,
                  known == nullptr ? fmt::format("Run {} has no step {}.", run.run(), step)
                                   : fmt::format("Step {} is {}.", step, to_string(known->status)));
}

}  // namespace skein::domain::run
