// The commands of a run but those that merge, fork, restore and complete (merge_commands.h), one
// file each: how they are read and decided.
//
// Threads: pure. Errors: Rejection. Source: interfaces sections 2 and 9.
#pragma once

#include "engine/domain/kind.h"

namespace skein::domain::run {

CommandSpec start_run_command();
CommandSpec update_context_command();
CommandSpec start_step_command();
CommandSpec complete_step_command();
CommandSpec fail_step_command();
CommandSpec update_step_command();
CommandSpec record_usage_command();
CommandSpec mark_for_export_command();
CommandSpec fail_run_command();
CommandSpec cancel_run_command();
CommandSpec pause_run_command();
CommandSpec resume_run_command();
CommandSpec set_run_status_command();
CommandSpec checkpoint_run_command();
CommandSpec tag_run_command();

}  // namespace skein::domain::run
