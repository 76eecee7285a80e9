#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "engine/json/writer.h"
#include "tools/cli/app.h"
#include "tools/cli/command_tree.h"
#include "tools/cli/commands.h"
#include "tools/cli/suggestion.h"

namespace skein::cli {

namespace {

int help(Cli& cli, const CLI::App& app, const std::vector<std::string>& path) {
    const CLI::App* command = &app;
    for (const std::string& word : path) {
        std::vector<std::string> names;
        const CLI::App* found = nullptr;
        for (const CLI::App* sub : command->get_subcommands([](const CLI::App*) { return true; })) {
            names.push_back(sub->get_name());
            if (sub->get_name() == word) found = sub;
        }
        if (found == nullptr)
            return cli.refuse_usage(
                fmt::format("there is no command \"{}\"{}", word, suggestion(word, names)),
                "`skein help` lists the commands.");
        command = found;
    }
    cli.out() << help_of(*command);
    return kOk;
}

int print_version(Cli& cli) {
    if (cli.format() == Format::kText) {
        cli.out() << "skein " << version_text() << '\n';
        return kOk;
    }
    json::ObjectWriter out;
    out.member_text("schema", "skein.version/1");
    out.member_text("version", version_text());
    cli.print(out.value());
    return kOk;
}

}  // namespace

void add_help(CliCommand app, Cli& cli, const SetAction& set) {
    auto path = std::make_shared<std::vector<std::string>>();
    CliCommand sub = app.add_subcommand("help", "Help of a command");
    sub.add_option("command", *path, "Command, like `views rebuild`; none: the list of commands");
    sub.callback([&cli, app, path, set] {
        set([&cli, app, path] { return help(cli, app.tree(), *path); });
    });
}

void add_man(CliCommand app, Cli& cli, const SetAction& set) {
    CliCommand sub = app.add_subcommand("man", "The man page");
    sub.footer("Example:\n  skein man | man -l -");
    sub.callback([&cli, app, set] {
        set([&cli, app] {
            print_man_page(cli.out(), command_tree(app.tree()));
            return kOk;
        });
    });
}

void add_reference(CliCommand app, Cli& cli, const SetAction& set) {
    CliCommand sub = app.add_subcommand("reference", "All commands and options, as Markdown");
    sub.callback([&cli, app, set] {
        set([&cli, app] {
            print_reference(cli.out(), command_tree(app.tree()));
            return kOk;
        });
    });
}

void add_completion(CliCommand app, Cli& cli, const SetAction& set) {
    auto shell = std::make_shared<std::string>();
    CliCommand sub = app.add_subcommand("completion", "Completion for a shell");
    sub.add_option("shell", *shell, "The shell").required().one_of(shells());
    sub.footer("Example:\n  source <(skein completion bash)");
    sub.callback([&cli, app, shell, set] {
        set([&cli, app, shell] {
            print_completion(cli.out(), *shell, command_tree(app.tree()));
            return kOk;
        });
    });
}

void add_version(CliCommand app, Cli& cli, const SetAction& set) {
    CliCommand sub = app.add_subcommand("version", "The version of this program");
    sub.callback([&cli, set] { set([&cli] { return print_version(cli); }); });
}

}  // namespace skein::cli
