// The add functions of all commands, one file each.
//
// Threads: pure. Source: interfaces section 4.
#pragma once

#include "tools/cli/cli.h"

namespace skein::cli {

void add_send(CliCommand app, Cli& cli, const SetAction& set);
void add_import(CliCommand app, Cli& cli, const SetAction& set);
void add_ls(CliCommand app, Cli& cli, const SetAction& set);
void add_show(CliCommand app, Cli& cli, const SetAction& set);
void add_log(CliCommand app, Cli& cli, const SetAction& set);
void add_replay(CliCommand app, Cli& cli, const SetAction& set);
void add_diff(CliCommand app, Cli& cli, const SetAction& set);
void add_blame(CliCommand app, Cli& cli, const SetAction& set);
void add_bisect(CliCommand app, Cli& cli, const SetAction& set);
void add_fork(CliCommand app, Cli& cli, const SetAction& set);
void add_merge(CliCommand app, Cli& cli, const SetAction& set);
void add_tag(CliCommand app, Cli& cli, const SetAction& set);
void add_checkpoint(CliCommand app, Cli& cli, const SetAction& set);
void add_restore(CliCommand app, Cli& cli, const SetAction& set);
void add_verify(CliCommand app, Cli& cli, const SetAction& set);
void add_backup(CliCommand app, Cli& cli, const SetAction& set);
void add_views(CliCommand app, Cli& cli, const SetAction& set);
void add_parked(CliCommand app, Cli& cli, const SetAction& set);
void add_export(CliCommand app, Cli& cli, const SetAction& set);
void add_doctor(CliCommand app, Cli& cli, const SetAction& set);
void add_migrate(CliCommand app, Cli& cli, const SetAction& set);
void add_serve(CliCommand app, Cli& cli, const SetAction& set);
void add_bench(CliCommand app, Cli& cli, const SetAction& set);
void add_explain(CliCommand app, Cli& cli, const SetAction& set);
void add_help(CliCommand app, Cli& cli, const SetAction& set);
void add_version(CliCommand app, Cli& cli, const SetAction& set);
void add_completion(CliCommand app, Cli& cli, const SetAction& set);
void add_man(CliCommand app, Cli& cli, const SetAction& set);
void add_reference(CliCommand app, Cli& cli, const SetAction& set);

}  // namespace skein::cli
