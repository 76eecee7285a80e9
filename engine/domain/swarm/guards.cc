#include "engine/domain/swarm/guards.h"

#include <fmt/format.h>

#include "engine/domain/swarm/codes.h"

namespace skein::domain::swarm {

const SwarmState& target_swarm(const Scene& scene) { return as_swarm(scene.target()); }

std::optional<Rejection> check_open(const State& swarm) {
    const SwarmState& state = as_swarm(swarm);
    if (!state.exists()) {
        return reject(codes::kSwarmNotFound, fmt::format("There is no swarm {}.", state.swarm()));
    }
    if (state.is_archived()) {
        return reject(codes::kSwarmArchived, fmt::format("Swarm {} is archived.", state.swarm()));
    }
    return std::nullopt;
}

std::optional<Rejection> check_open_swarm(const Scene& scene) {
    if (auto no = check_open(scene.target())) return no;
    return check_expected_version(scene);
}

}  // namespace skein::domain::swarm
