#include "tools/cli/cli_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>

#include "tools/cli/suggestion.h"

namespace skein::cli {

CliOption& CliOption::required() {
    option_->required();
    return *this;
}

CliOption& CliOption::one_of(std::vector<std::string> words) {
    const std::string list = fmt::format("{}", fmt::join(words, ","));
    option_->check(CLI::Validator(
        [words = std::move(words)](std::string& word) -> std::string {
            if (std::find(words.begin(), words.end(), word) != words.end()) return {};
            return fmt::format("\"{}\" is not one of {}{}", word, fmt::join(words, ", "),
                               suggestion(word, words));
        },
        "{" + list + "}"));
    return *this;
}

CliOption& CliOption::not_empty() {
    option_->check(CLI::Validator(
        [](std::string& word) { return std::string(word.empty() ? "it is empty" : ""); }, ""));
    return *this;
}

CliOption& CliOption::positive() {
    option_->check(CLI::Validator(
        [](std::string& word) -> std::string {
            const bool is_number = !word.empty() && word.size() <= 9 &&
                                   word.find_first_not_of("0123456789") == std::string::npos;
            if (is_number && word.find_first_not_of('0') != std::string::npos) return {};
            return fmt::format("\"{}\" is no whole number from 1 to 999999999", word);
        },
        "POSITIVE"));
    return *this;
}

CliOption& CliOption::between(int least, int most) {
    option_->check(CLI::Range(least, most));
    return *this;
}

CliOption& CliOption::from_environment(const std::string& name) {
    option_->envname(name);
    return *this;
}

CliOption& CliOption::with_default() {
    option_->capture_default_str();
    return *this;
}

CliCommand CliCommand::add_subcommand(std::string name, std::string summary) {
    return CliCommand(app_->add_subcommand(std::move(name), std::move(summary)));
}

void CliCommand::require_subcommand(std::size_t least, std::size_t most) {
    app_->require_subcommand(least, most);
}

template <class Target>
CliOption CliCommand::add_option(const std::string& names, Target& target,
                                 const std::string& summary) {
    return CliOption(app_->add_option(names, target, summary));
}

template CliOption CliCommand::add_option(const std::string&, std::string&, const std::string&);
template CliOption CliCommand::add_option(const std::string&, std::uint32_t&, const std::string&);
template CliOption CliCommand::add_option(const std::string&, std::uint64_t&, const std::string&);
template CliOption CliCommand::add_option(const std::string&, std::vector<std::string>&,
                                          const std::string&);

CliOption CliCommand::add_flag(const std::string& names, bool& target, const std::string& summary) {
    return CliOption(app_->add_flag(names, target, summary));
}

void CliCommand::footer(std::string text) { app_->footer(std::move(text)); }

void CliCommand::callback(std::function<void()> call) { app_->callback(std::move(call)); }

bool CliCommand::is_typed() const { return app_->parsed(); }

}  // namespace skein::cli
