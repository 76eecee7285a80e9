// The CLI11 tree of the whole program, and what is made from it: help, man page, completion,
// reference.
//
// Threads: pure. Errors: none. Source: interfaces section 4 ("One command table").
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/cli/cli.h"

namespace skein::cli {

// Global options and every command of commands().
void build_app(CLI::App& app, Cli& cli, const SetAction& set);
// Help of the innermost command that was typed.
std::string help_of_typed(const CLI::App& app);

}  // namespace skein::cli
