#include "engine/domain/run/status_changes.h"

#include <fmt/format.h>

#include <array>

#include "engine/domain/run/codes.h"

namespace skein::domain::run {

namespace {

struct Edge {
    StatusCommand command;
    RunStatus from;
    RunStatus to;
};

constexpr std::array kEdges{
    Edge{StatusCommand::kSetStatus, RunStatus::kPending, RunStatus::kInitializing},
    Edge{StatusCommand::kSetStatus, RunStatus::kPending, RunStatus::kRunning},
    Edge{StatusCommand::kSetStatus, RunStatus::kInitializing, RunStatus::kRunning},
    Edge{StatusCommand::kSetStatus, RunStatus::kRunning, RunStatus::kBlocked},
    Edge{StatusCommand::kSetStatus, RunStatus::kBlocked, RunStatus::kRunning},
    Edge{StatusCommand::kPause, RunStatus::kRunning, RunStatus::kPaused},
    Edge{StatusCommand::kResume, RunStatus::kPaused, RunStatus::kRunning},
};

std::string_view name_of(StatusCommand command) {
    switch (command) {
        case StatusCommand::kPause: return "PauseRun";
        case StatusCommand::kResume: return "ResumeRun";
        case StatusCommand::kSetStatus: return "SetRunStatus";
    }
    return "SetRunStatus";
}

}  // namespace

std::optional<Rejection> check_status_change(const RunState& run, const StatusChange& change) {
    std::string open;
    for (const Edge& edge : kEdges) {
        if (edge.from != run.status) continue;
        if (edge.command == change.command && edge.to == change.to) return std::nullopt;
        open += fmt::format("{}{} to {}", open.empty() ? "" : ", ", name_of(edge.command),
                            to_string(edge.to));
    }
    return reject(
        codes::kIllegalStatusChange,
        fmt::format("{} does not take a run from {} to {}; from there it may go by: {}, "
                    "FailRun, CancelRun.",
                    name_of(change.command), to_string(run.status), to_string(change.to), open));
}

}  // namespace skein::domain::run
