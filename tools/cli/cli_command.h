// A command of the program while it is declared: its words, its options, what it does.
//
// CLI11 stands behind it, and few files see it: it is all inline code with virtual functions, which
// each file that includes it would compile anew. Both classes are handles, as cheap to copy as a
// pointer; what is declared lives as long as the program's tree.
// Threads: one. Errors: none here; words that do not fit are usage errors of the parse.
// Source: interfaces section 4 ("One command table").
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/cli/cli11.h"

namespace skein::cli {

class CliOption {
 public:
    explicit CliOption(CLI::Option* option) : option_(option) {}

    CliOption& required();
    // One of these words; another one is answered with the nearest.
    CliOption& one_of(std::vector<std::string> words);
    // Nothing at all is no value, as where a variable of a shell is not set.
    CliOption& not_empty();
    // A whole number from 1 on.
    CliOption& positive();
    CliOption& between(int least, int most);
    // Taken from the environment where it is not typed.
    CliOption& from_environment(const std::string& name);
    // The help says what holds where nothing is given: what the target holds now.
    CliOption& with_default();

 private:
    CLI::Option* option_;
};

class CliCommand {
 public:
    explicit CliCommand(CLI::App* app) : app_(app) {}

    CliCommand add_subcommand(std::string name, std::string summary);
    // How many subcommands have to be typed.
    void require_subcommand(std::size_t least, std::size_t most);
    // `names` is "-o,--output", or the name of a positional. What is typed is put into `target`,
    // which outlives the parse: a text, a number, or a list of texts.
    template <class Target>
    CliOption add_option(const std::string& names, Target& target, const std::string& summary);
    CliOption add_flag(const std::string& names, bool& target, const std::string& summary);
    void footer(std::string text);
    // Called after the parse, where this command was typed.
    void callback(std::function<void()> call);
    bool is_typed() const;

    // What help, man page and the like are made from.
    CLI::App& tree() const { return *app_; }

 private:
    CLI::App* app_;
};

}  // namespace skein::cli
