#include "tools/cli/app.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "tools/cli/suggestion.h"

namespace skein::cli {

namespace {

constexpr const char* kNotes =
    "A RESOURCE is swarm/S, swarm/S/run/R, run/R (where it is unique) or board/S.\n"
    "A POINT follows it: @head, @12, @12^ (just before), @head~3, @pos:88, @2026-11-20T10:03:11Z,\n"
    "@-5m, @tag:NAME, @ckpt:NAME, @ev:UUID, @cmd:UUID, @step:ID; a range is @A..B.\n"
    "\n"
    "Exit codes: 0 ok; 1 negative answer; 2 usage, also a setting or a store that this program\n"
    "cannot take (another format, a directory of other things); 3 not found; 4 rejected;\n"
    "5 unavailable; 6 corruption; 7 denied; 8 no answer in time; 9 the view is behind;\n"
    "130 interrupted.";

constexpr std::array<std::string_view, 4> kLists = {"skein ls", "skein views ls", "skein parked ls",
                                                    "skein parked letters"};

// All others write.
constexpr std::array<std::string_view, 13> kReaders = {
    "skein ls",       "skein log",       "skein show",         "skein replay", "skein diff",
    "skein blame",    "skein bisect",    "skein verify",       "skein export", "skein doctor",
    "skein views ls", "skein parked ls", "skein views compare"};
constexpr std::array<std::string_view, 6> kStoreless = {"skein explain", "skein help",
                                                        "skein version", "skein completion",
                                                        "skein man",     "skein reference"};

const CLI::App& innermost(const CLI::App& app) {
    const auto typed = app.get_subcommands();
    return typed.empty() ? app : innermost(*typed.front());
}

std::vector<std::string> commands_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(sub->get_name());
    return names;
}

// Every flag that could have been typed behind this command.
std::vector<std::string> flags_of(const CLI::App& app) {
    std::vector<std::string> flags;
    for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
        for (const CLI::Option* option : at->get_options()) {
            for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
            for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
        }
    }
    return flags;
}

std::string path_of(const CLI::App& app) {
    if (app.get_parent() == nullptr) return "skein";
    return path_of(*app.get_parent()) + " " + app.get_name();
}

}  // namespace

std::string version_text() { return SKEIN_VERSION; }

void build_app(CLI::App& app, Cli& cli, const SetAction& set) {
    app.name("skein");
    app.description("Event-sourced state for swarms of AI agents, with time travel");
    app.require_subcommand(0, 1);
    app.fallthrough();
    CliCommand program(&app);
    program
        .add_option("--data", cli.data, "Directory of the embedded store; with --pg of the views")
        .from_environment("SKEIN_DATA")
        .with_default();
    program
        .add_option("--pg", cli.pg, "Postgres database of the store, as a URI or `key=value ...`")
        .from_environment("SKEIN_PG")
        .not_empty();
    program.add_option("--kafka", cli.kafka, "Kafka brokers beside --pg, as host:port,host:port")
        .from_environment("SKEIN_KAFKA")
        .not_empty();
    program.add_option("--bundle", cli.bundle,
                       "File of `skein export --bundle`, read in place of a store");
    program.add_option("-o,--output", cli.output, "How to print")
        .one_of({"table", "json", "jsonl", "csv"});
    program.add_flag("--json", cli.is_json, "Short for -o json");
    program.add_option("--color", cli.colour, "When to use colours")
        .one_of({"auto", "always", "never"})
        .with_default();
    app.set_version_flag("--version", "skein " + version_text());
    for (const CommandEntry& entry : commands()) entry.add(program, cli, set);
    app.footer(kNotes);  // last: commands inherit the one that stands when they are added
}

// App::help() would go on to the subcommand that was typed.
std::string help_of(const CLI::App& command) {
    return command.get_formatter()->make_help(&command, path_of(command),
                                              CLI::AppFormatMode::Normal);
}

std::string help_of_typed(const CLI::App& app) { return help_of(innermost(app)); }

std::string path_of_typed(const CLI::App& app) { return path_of(innermost(app)); }

bool prints_rows(const CLI::App& app) {
    return std::find(kLists.begin(), kLists.end(), path_of_typed(app)) != kLists.end();
}

StoreUse use_of_typed(const CLI::App& app) {
    const auto is_in = [path = path_of_typed(app)](const auto& names) {
        return std::find(names.begin(), names.end(), path) != names.end();
    };
    if (is_in(kReaders)) return StoreUse::kReads;
    return is_in(kStoreless) ? StoreUse::kNone : StoreUse::kWrites;
}

int refuse_parse(Cli& cli, const CLI::App& app, std::string_view why) {
    const CLI::App& typed = innermost(app);
    const std::vector<std::string> commands = commands_of(typed);
    const std::string help = fmt::format("`{} --help` shows what it takes.", path_of(typed));
    for (const std::string& word : app.remaining(true)) {
        if (word.starts_with('-') && word.size() > 1) {
            const std::string flag = word.substr(0, word.find('='));
            return cli.refuse_usage(fmt::format("{} knows no option {}{}", path_of(typed), flag,
                                                suggestion(flag, flags_of(typed))),
                                    help);
        }
        if (!commands.empty())
            return cli.refuse_usage(
                fmt::format("there is no command \"{}\"{}", word, suggestion(word, commands)),
                help);
        return cli.refuse_usage(fmt::format("one word too many: \"{}\"", word), help);
    }
    return cli.refuse_usage(why, help);
}

}  // namespace skein::cli
