#include "engine/domain/run/guards.h"

#include <fmt/format.h>

#include "engine/domain/run/codes.h"
#include "engine/domain/swarm/guards.h"

namespace skein::domain::run {

const RunState& target_run(const Scene& scene) { return as_run(scene.target()); }

std::optional<Rejection> check_swarm(const Scene& scene) {
    const auto swarm = scene.current(target_run(scene).swarm_stream());
    return swarm::check_open(*swarm);
}

std::optional<Rejection> check_run(const Scene& scene) {
    if (auto no = check_swarm(scene)) return no;
    const RunState& run = target_run(scene);
    if (!run.exists()) {
        return reject(codes::kRunNotFound,
                      fmt::format("Swarm {} has no run {}.", run.swarm(), run.run()));
    }
    return check_expected_version(scene);
}

std::optional<Rejection> check_live_run(const Scene& scene) {
    if (auto no = check_run(scene)) return no;
    const RunState& run = target_run(scene);
    if (!run.is_terminal()) return std::nullopt;
    return reject(codes::kRunAlreadyFinished,
                  fmt::format("Run {} is {}.", run.run(), to_string(run.status)));
}

std::optional<Rejection> check_new_run(const Scene& scene) {
    if (auto no = check_swarm(scene)) return no;
    const RunState& run = target_run(scene);
    if (run.exists()) {
        return reject(codes::kAlreadyExists,
                      fmt::format("Swarm {} has a run {} already.", run.swarm(), run.run()));
    }
    return check_expected_version(scene);
}

std::optional<Rejection> check_export(const Scene& scene, const ExportRequest& request) {
    const bool is_private =
        request.sensitivity == Sensitivity::kSecret || request.sensitivity == Sensitivity::kPii;
    const bool leaves = request.destination == Destination::kBlackboard ||
                        request.destination == Destination::kExternalSystem;
    if (!is_private || !leaves) return std::nullopt;
    const auto swarm = scene.current(target_run(scene).swarm_stream());
    if (swarm::as_swarm(*swarm).allows_export_of(request.key)) return std::nullopt;
    return reject(codes::kExportForbidden,
                  fmt::format("{} is of sensitivity {}: it does not go to {}.", request.key,
                              to_string(request.sensitivity), to_string(request.destination)));
}

}  // namespace skein::domain::run
