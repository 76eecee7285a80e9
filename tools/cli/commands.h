// The add functions of all commands, one file each.
//
// Threads: pure. Source: interfaces section 4.
#pragma once

#include "tools/cli/cli.h"

namespace skein::cli {

void add_send(CLI::App& app, Cli& cli, const SetAction& set);
void add_import(CLI::App& app, Cli& cli, const SetAction& set);
void add_ls(CLI::App& app, Cli& cli, const SetAction& set);
void add_show(CLI::App& app, Cli& cli, const SetAction& set);
void add_log(CLI::App& app, Cli& cli, const SetAction& set);
void add_replay(CLI::App& app, Cli& cli, const SetAction& set);
void add_diff(CLI::App& app, Cli& cli, const SetAction& set);
void add_blame(CLI::App& app, Cli& cli, const SetAction& set);
void add_bisect(CLI::App& app, Cli& cli, const SetAction& set);
void add_fork(CLI::App& app, Cli& cli, const SetAction& set);
void add_merge(CLI::App& app, Cli& cli, const SetAction& set);
void add_tag(CLI::App& app, Cli& cli, const SetAction& set);
void add_checkpoint(CLI::App& app, Cli& cli, const SetAction& set);
void add_restore(CLI::App& app, Cli& cli, const SetAction& set);
void add_verify(CLI::App& app, Cli& cli, const SetAction& set);
void add_backup(CLI::App& app, Cli& cli, const SetAction& set);
void add_views(CLI::App& app, Cli& cli, const SetAction& set);
void add_parked(CLI::App& app, Cli& cli, const SetAction& set);
void add_export(CLI::App& app, Cli& cli, const SetAction& set);
void add_doctor(CLI::App& app, Cli& cli, const SetAction& set);
void add_migrate(CLI::App& app, Cli& cli, const SetAction& set);
void add_serve(CLI::App& app, Cli& cli, const SetAction& set);
void add_bench(CLI::App& app, Cli& cli, const SetAction& set);
void add_explain(CLI::App& app, Cli& cli, const SetAction& set);
void add_help(CLI::App& app, Cli& cli, const SetAction& set);
void add_version(CLI::App& app, Cli& cli, const SetAction& set);
void add_completion(CLI::App& app, Cli& cli, const SetAction& set);
void add_man(CLI::App& app, Cli& cli, const SetAction& set);
void add_reference(CLI::App& app, Cli& cli, const SetAction& set);

}  // namespace skein::cli
