#include <fmt/format.h>

#include <ostream>

#include "tools/cli/command_tree.h"

namespace skein::cli {

namespace {

// roff takes a line that begins with "." or "'" for a request, and a backslash for an escape.
std::string escaped(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool begins_line = i == 0 || text[i - 1] == '\n';
        if (begins_line && (text[i] == '.' || text[i] == '\'')) out += "\\&";
        if (text[i] == '\\') {
            out += "\\e";
        } else if (text[i] == '-') {
            out += "\\-";
        } else {
            out += text[i];
        }
    }
    return out;
}

void print_options(std::ostream& out, const std::vector<OptionInfo>& options) {
    for (const OptionInfo& option : options) {
        out << ".TP\n.B " << escaped(option.names);
        if (!option.value.empty()) out << " " << escaped(option.value);
        out << '\n' << escaped(option.summary);
        if (!option.fallback.empty()) out << " (default: " << escaped(option.fallback) << ")";
        out << '\n';
    }
}

}  // namespace

void print_man_page(std::ostream& out, const std::vector<CommandInfo>& tree) {
    const CommandInfo& program = tree.front();
    out << ".TH SKEIN 1\n.SH NAME\nskein \\- " << escaped(program.summary) << "\n.SH SYNOPSIS\n.B "
        << escaped(usage_of(program)) << "\n.SH OPTIONS\n";
    print_options(out, program.options);
    out << ".SH COMMANDS\n";
    for (std::size_t i = 1; i < tree.size(); ++i) {
        out << ".SS " << escaped(usage_of(tree[i])) << '\n' << escaped(tree[i].summary) << ".\n";
        print_options(out, tree[i].positionals);
        print_options(out, tree[i].options);
        if (!tree[i].footer.empty()) out << ".PP\n.nf\n" << escaped(tree[i].footer) << "\n.fi\n";
    }
    out << ".SH NOTES\n.nf\n" << escaped(program.footer) << "\n.fi\n";
}

}  // namespace skein::cli
