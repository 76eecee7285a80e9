// Guards about one step.
//
// Threads: pure. Errors: Rejection. Source: interfaces section 9 (Steps), V-14.
#pragma once

#include <optional>
#include <string_view>

#include "engine/domain/rejection.h"
#include "engine/domain/run/run_state.h"

namespace skein::domain::run {

// The step runs: it can be completed or failed.
std::optional<Rejection> check_step_runs(const RunState& run, std::string_view step);

}  // namespace skein::domain::run
