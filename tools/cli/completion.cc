#include <fmt/format.h>

#include <ostream>

#include "tools/cli/command_tree.h"

namespace skein::cli {

namespace {

std::vector<std::string> flags_of(const CommandInfo& command) {
    std::vector<std::string> flags;
    for (const OptionInfo& option : command.options)
        flags.insert(flags.end(), option.flags.begin(), option.flags.end());
    return flags;
}

// What may stand behind a command: its subcommands, the choices of its first positional, its flags.
std::vector<std::string> words_of(const CommandInfo& command) {
    std::vector<std::string> words = command.subcommands;
    if (!command.positionals.empty()) {
        const auto& choices = command.positionals.front().choices;
        words.insert(words.end(), choices.begin(), choices.end());
    }
    const std::vector<std::string> flags = flags_of(command);
    words.insert(words.end(), flags.begin(), flags.end());
    return words;
}

void print_bash(std::ostream& out, const std::vector<CommandInfo>& tree) {
    out << "# bash completion of skein; made by `skein completion bash`\n_skein() {\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local command= word i\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n        word=${COMP_WORDS[i]}\n"
           "        case \"${command:+$command }$word\" in\n";
    for (std::size_t i = 1; i < tree.size(); ++i)
        out << "            '" << tree[i].path << "') command='" << tree[i].path << "' ;;\n";
    out << "        esac\n    done\n    local words=\n    case \"$command:$previous\" in\n";
    for (const CommandInfo& command : tree) {
        for (const OptionInfo& option : command.options) {
            if (option.choices.empty()) continue;
            for (const std::string& flag : option.flags)
                out << fmt::format("        '{}:{}') words='{}' ;;\n", command.path, flag,
                                   fmt::join(option.choices, " "));
        }
    }
    for (const CommandInfo& command : tree)
        out << fmt::format("        '{}:'*) words='{}' ;;\n", command.path,
                           fmt::join(words_of(command), " "));
    out << "    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\n"
           "complete -o default -F _skein skein\n";
}

std::string in_quotes(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
}

void print_zsh(std::ostream& out, const std::vector<CommandInfo>& tree) {
    out << "#compdef skein\n# zsh completion of skein; made by `skein completion zsh`\n"
           "_skein() {\n    local command= word\n"
           "    for word in ${words[2,CURRENT-1]}; do\n"
           "        case \"${command:+$command }$word\" in\n";
    for (std::size_t i = 1; i < tree.size(); ++i)
        out << "            " << in_quotes(tree[i].path) << ") command=" << in_quotes(tree[i].path)
            << " ;;\n";
    out << "        esac\n    done\n    case \"$command\" in\n";
    for (const CommandInfo& command : tree) {
        out << "        " << in_quotes(command.path) << ")";
        for (const std::string& word : words_of(command))
            out << " compadd -- " << in_quotes(word) << ";";
        out << " ;;\n";
    }
    out << "    esac\n    _files\n}\ncompdef _skein skein\n";
}

void print_fish(std::ostream& out, const std::vector<CommandInfo>& tree) {
    out << "# fish completion of skein; made by `skein completion fish`\n";
    for (const CommandInfo& command : tree) {
        std::string condition = "__fish_use_subcommand";
        if (!command.path.empty())
            condition =
                "__fish_seen_subcommand_from " + command.path.substr(0, command.path.find(' '));
        for (const std::string& sub : command.subcommands)
            out << fmt::format("complete -c skein -n {} -f -a {}\n", in_quotes(condition),
                               in_quotes(sub));
        for (const OptionInfo& option : command.options) {
            out << "complete -c skein -n " << in_quotes(condition);
            for (const std::string& flag : option.flags)
                out << (flag.starts_with("--") ? " -l " + flag.substr(2) : " -s " + flag.substr(1));
            if (!option.value.empty()) out << " -r";
            if (!option.choices.empty())
                out << " -f -a " << in_quotes(fmt::format("{}", fmt::join(option.choices, " ")));
            out << " -d " << in_quotes(option.summary) << '\n';
        }
    }
}

}  // namespace

const std::vector<std::string>& shells() {
    static const std::vector<std::string> kShells{"bash", "zsh", "fish"};
    return kShells;
}

void print_completion(std::ostream& out, const std::string& shell,
                      const std::vector<CommandInfo>& tree) {
    if (shell == "bash") print_bash(out, tree);
    if (shell == "zsh") print_zsh(out, tree);
    if (shell == "fish") print_fish(out, tree);
}

}  // namespace skein::cli
