// The commands that complete, merge, fork and restore runs, one file each; the others: commands.h.
//
// Threads: pure. Errors: Rejection. Source: interfaces sections 2 and 9.
#pragma once

#include "engine/domain/kind.h"

namespace skein::domain::run {

CommandSpec complete_run_command();
CommandSpec merge_run_command();
CommandSpec fork_run_command();
CommandSpec restore_run_command();
CommandSpec resolve_conflict_command();

}  // namespace skein::domain::run
