#include <fmt/format.h>

#include <ostream>

#include "tools/cli/command_tree.h"

namespace skein::cli {

namespace {

// A "|" would end the cell.
std::string cell(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

void print_options(std::ostream& out, const CommandInfo& command) {
    if (command.positionals.empty() && command.options.empty()) return;
    out << "| argument | meaning |\n|---|---|\n";
    for (const auto* options : {&command.positionals, &command.options}) {
        for (const OptionInfo& option : *options) {
            out << "| `" << cell(option.names)
                << (option.value.empty() ? "" : " " + cell(option.value)) << "` | "
                << cell(option.summary);
            if (option.is_required) out << " (required)";
            if (!option.fallback.empty()) out << " (default: `" << cell(option.fallback) << "`)";
            out << " |\n";
        }
    }
}

}  // namespace

void print_reference(std::ostream& out, const std::vector<CommandInfo>& tree) {
    out << "# skein: reference of the command line\n\nMade by `skein reference`.\n";
    for (const CommandInfo& command : tree) {
        out << "\n## " << (command.path.empty() ? "skein" : "skein " + command.path) << "\n\n"
            << command.summary << ".\n\n    " << usage_of(command) << "\n\n";
        print_options(out, command);
        if (!command.footer.empty()) out << "\n```\n" << command.footer << "\n```\n";
    }
}

}  // namespace skein::cli
