// The machine of run statuses: which changes Pause, Resume and SetRunStatus may make.
//
// Failing and cancelling are open to every live run, completing to a running one; they are not
// here.
// Threads: pure. Errors: Rejection. Source: interfaces section 9 (Run status), V-13.
#pragma once

#include <optional>

#include "engine/domain/rejection.h"
#include "engine/domain/run/run_state.h"

namespace skein::domain::run {

enum class StatusCommand { kPause, kResume, kSetStatus };

struct StatusChange {
    StatusCommand command = StatusCommand::kSetStatus;
    RunStatus to = RunStatus::kRunning;
};

std::optional<Rejection> check_status_change(const RunState& run, const StatusChange& change);

}  // namespace skein::domain::run
