// The CLI11 tree of the whole program: the one table of commands, and what is said where the words
// typed do not fit it.
//
// Threads: pure. Errors: exit codes. Source: interfaces section 4 ("One command table").
#pragma once

#include <string>

#include "tools/cli/cli.h"
#include "tools/cli/cli11.h"

namespace skein::cli {

// Global options and every command of commands().
void build_app(CLI::App& app, Cli& cli, const SetAction& set);
std::string help_of(const CLI::App& command);
// Help of the innermost command that was typed.
std::string help_of_typed(const CLI::App& app);
// "skein views ls"
std::string path_of_typed(const CLI::App& app);
// What the command that was typed does with its store.
enum class StoreUse { kNone, kReads, kWrites };
StoreUse use_of_typed(const CLI::App& app);
// Whether the command that was typed prints a list, which alone has rows for -o csv.
bool prints_rows(const CLI::App& app);
// What is wrong with the words typed, with the nearest known name.
int refuse_parse(Cli& cli, const CLI::App& app, std::string_view why);

std::string version_text();  // "0.1.0"

}  // namespace skein::cli
