// The commands of a swarm, one file each: how they are read and decided.
//
// Threads: pure. Errors: Rejection. Source: interfaces sections 2 and 9.
#pragma once

#include "engine/domain/kind.h"

namespace skein::domain::swarm {

CommandSpec create_swarm_command();
CommandSpec update_swarm_command();
CommandSpec join_swarm_command();
CommandSpec leave_swarm_command();
CommandSpec update_blackboard_command();
CommandSpec archive_swarm_command();

}  // namespace skein::domain::swarm
