#include "tools/cli/command_tree.h"

#include <CLI/CLI.hpp>

namespace skein::cli {

namespace {

std::vector<std::string> choices_in(const std::string& type) {
    std::vector<std::string> choices;
    if (type.size() < 2 || type.front() != '{') return choices;
    std::string word;
    for (const char c : type.substr(1)) {
        if (c != ',' && c != '}') {
            word += c;
            continue;
        }
        choices.push_back(word);
        word.clear();
    }
    return choices;
}

OptionInfo info_of(const CLI::Option& option) {
    OptionInfo info;
    info.names = option.get_name(false, true);
    for (const std::string& name : option.get_snames()) info.flags.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) info.flags.push_back("--" + name);
    if (option.get_items_expected_max() > 0 && option.get_type_size() > 0)
        info.value = option.get_type_name();
    // A type with a check is "TEXT:{a,b}".
    const std::size_t brace = info.value.find('{');
    if (brace != std::string::npos) info.value = info.value.substr(brace);
    info.choices = choices_in(info.value);
    info.summary = option.get_description();
    info.fallback = option.get_default_str();
    info.is_required = option.get_required();
    return info;
}

void add_command(const CLI::App& app, const std::string& path, std::vector<CommandInfo>& tree) {
    CommandInfo info;
    info.path = path;
    info.summary = app.get_description();
    info.footer = app.get_footer();
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_positional()) {
            info.positionals.push_back(info_of(*option));
        } else {
            info.options.push_back(info_of(*option));
        }
    }
    const auto below = app.get_subcommands([](const CLI::App*) { return true; });
    for (const CLI::App* sub : below) info.subcommands.push_back(sub->get_name());
    tree.push_back(std::move(info));
    for (const CLI::App* sub : below)
        add_command(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), tree);
}

}  // namespace

std::vector<CommandInfo> command_tree(const CLI::App& app) {
    std::vector<CommandInfo> tree;
    add_command(app, "", tree);
    return tree;
}

std::string usage_of(const CommandInfo& command) {
    std::string usage = "skein";
    if (!command.path.empty()) usage += " " + command.path;
    usage += " [OPTIONS]";
    for (const OptionInfo& positional : command.positionals)
        usage += positional.is_required ? " " + positional.names : " [" + positional.names + "]";
    if (!command.subcommands.empty()) usage += " COMMAND";
    return usage;
}

}  // namespace skein::cli
