// The rejection codes of swarms, their agents and their board.
//
// Threads: constants. Source: interfaces section 9 (Commands, Blackboard).
#pragma once

#include <vector>

#include "engine/domain/codes.h"

namespace skein::domain::codes {

inline constexpr RejectionCode kSwarmNotFound{
    "swarm-not-found", RejectionClass::kNotFound, "There is no swarm of this id.",
    "Check the id with `skein ls swarms`, or create the swarm with CreateSwarm."};
inline constexpr RejectionCode kSwarmArchived{
    "swarm-archived", RejectionClass::kConflict,
    "The swarm is archived: it and its runs are only read from then on.",
    "Read it, or go on in a new swarm with an id of its own."};
inline constexpr RejectionCode kAgentAlreadyJoined{
    "agent-already-joined", RejectionClass::kConflict, "The agent has joined this swarm already.",
    "Go on, or let it leave first to join in another role."};
inline constexpr RejectionCode kAgentNotJoined{"agent-not-joined", RejectionClass::kConflict,
                                               "The agent is not in this swarm.",
                                               "Check the agent's id with `skein ls agents`."};
inline constexpr RejectionCode kSetAndDeleted{
    "set-and-deleted", RejectionClass::kInvalid,
    "One id stands in both `set` and `delete` of a command.", "Name each id on one side only."};

}  // namespace skein::domain::codes

namespace skein::domain::swarm {

const std::vector<const RejectionCode*>& swarm_codes();

}  // namespace skein::domain::swarm
