// The CLI11 tree as plain data: what help, man page, completion and reference are made from.
//
// Threads: pure. Errors: none. Source: interfaces section 4 ("One command table").
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "tools/cli/cli11.h"

namespace skein::cli {

struct OptionInfo {
    std::string names;               // "-o,--output", or the name of a positional
    std::vector<std::string> flags;  // "-o", "--output"; empty for positionals
    std::string value;               // "TEXT", "{a,b}"; empty for flags
    std::vector<std::string> choices;
    std::string summary;
    std::string fallback;  // what holds where it is not given; empty: nothing
    bool is_required = false;
};

struct CommandInfo {
    std::string path;  // "views ls"; empty: the program itself
    std::string summary;
    std::string footer;  // examples and notes
    std::vector<OptionInfo> positionals;
    std::vector<OptionInfo> options;
    std::vector<std::string> subcommands;
};

// The program first, then every command in the order of the help.
std::vector<CommandInfo> command_tree(const CLI::App& app);
// "skein show [OPTIONS] resource"
std::string usage_of(const CommandInfo& command);

// The three printers, one file each.
void print_man_page(std::ostream& out, const std::vector<CommandInfo>& tree);
void print_reference(std::ostream& out, const std::vector<CommandInfo>& tree);
// `shell` is one of shells().
const std::vector<std::string>& shells();
void print_completion(std::ostream& out, const std::string& shell,
                      const std::vector<CommandInfo>& tree);

}  // namespace skein::cli
