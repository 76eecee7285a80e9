// The guards that commands of a swarm share, and the one that everything in a swarm passes.
//
// Threads: pure. Errors: Rejection. Source: interfaces section 9 (Commands, Run status).
#pragma once

#include <optional>

#include "engine/domain/command.h"
#include "engine/domain/guards.h"
#include "engine/domain/swarm/swarm_state.h"

namespace skein::domain::swarm {

// The swarm that the command addresses. Precondition: a command of kind swarm.
const SwarmState& target_swarm(const Scene& scene);
// The swarm exists and is not archived; expected_version holds.
std::optional<Rejection> check_open_swarm(const Scene& scene);
// `swarm` exists and is not archived, whichever stream the command addresses.
std::optional<Rejection> check_open(const State& swarm);

}  // namespace skein::domain::swarm
