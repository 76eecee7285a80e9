// The guards that many commands of a run share, in the order that the contract demands.
//
// Each returns the rejection, or nothing where its rules hold:
// `if (auto no = check_live_run(scene)) return fail(*std::move(no));`
// Threads: pure. Errors: Rejection. Source: interfaces section 9 (Commands), V-13, V-39.
#pragma once

#include <optional>

#include "engine/domain/command.h"
#include "engine/domain/guards.h"
#include "engine/domain/run/run_state.h"

namespace skein::domain::run {

// The run that the command addresses. Precondition: a command of kind run.
const RunState& target_run(const Scene& scene);

// The swarm exists and is not archived.
std::optional<Rejection> check_swarm(const Scene& scene);
// check_swarm; the run exists; expected_version holds.
std::optional<Rejection> check_run(const Scene& scene);
// check_run; the run is not completed, failed or cancelled. What most commands need.
std::optional<Rejection> check_live_run(const Scene& scene);
// check_swarm; the run's id is not in use; expected_version holds. For StartRun and ForkRun.
std::optional<Rejection> check_new_run(const Scene& scene);

// What leaves the run: a key's value, and where to.
struct ExportRequest {
    std::string_view key;
    Sensitivity sensitivity = Sensitivity::kInternal;
    Destination destination = Destination::kParentContext;
};
// The sensitivity may go to the destination, or the swarm's config allows the key. The swarm
// exists.
std::optional<Rejection> check_export(const Scene& scene, const ExportRequest& request);

}  // namespace skein::domain::run
