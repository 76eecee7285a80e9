// The add functions of all commands, one file each.
//
// Threads: pure. Source: interfaces section 4.
#pragma once

#include "tools/cli/cli.h"

namespace skein::cli {

void add_send(CLI::App& app, Cli& cli, const SetAction& set);
void add_import(CLI::App& app, Cli& cli, const SetAction& set);
void add_show(CLI::App& app, Cli& cli, const SetAction& set);
void add_log(CLI::App& app, Cli& cli, const SetAction& set);
void add_explain(CLI::App& app, Cli& cli, const SetAction& set);

}  // namespace skein::cli
