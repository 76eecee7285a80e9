#include "tools/cli/app.h"

namespace skein::cli {

void build_app(CLI::App& app, Cli& cli, const SetAction& set) {
    app.name("skein");
    app.description("skein: event-sourced state for swarms of AI agents, with time travel");
    app.require_subcommand(0, 1);
    app.fallthrough();
    app.add_option("--data", cli.data, "Directory of the embedded store")
        ->envname("SKEIN_DATA")
        ->capture_default_str();
    app.add_option("-o,--output", cli.output, "How to print")
        ->check(CLI::IsMember({"table", "json", "jsonl", "csv"}));
    app.add_flag("--json", cli.is_json, "Short for -o json");
    app.add_option("--color", cli.colour, "When to use colours")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->capture_default_str();
    for (const CommandEntry& entry : commands()) entry.add(app, cli, set);
}

std::string help_of_typed(const CLI::App& app) {
    const auto typed = app.get_subcommands();
    if (typed.empty()) return app.help();
    return help_of_typed(*typed.front());
}

}  // namespace skein::cli
