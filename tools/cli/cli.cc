#include "tools/cli/cli.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "engine/domain/fields.h"
#include "tools/cli/app.h"

namespace skein::cli {

Format Cli::format() const {
    if (is_json || output == "json") return Format::kJson;
    if (output == "jsonl") return Format::kJsonLines;
    if (output == "csv") return Format::kCsv;
    return Format::kText;
}

bool Cli::is_coloured() const {
    if (colour == "always") return true;
    if (colour == "never" || std::getenv("NO_COLOR") != nullptr) return false;
    return &streams_.out == &std::cout && isatty(STDOUT_FILENO) == 1;
}

Store& Cli::open(OpenMode mode, Projecting projecting) {
    StoreOptions options;
    options.directory = data;
    options.mode = mode;
    options.projecting = projecting;
    store_ = Store::open(options);
    return *store_;
}

void Cli::print(const json::Value& document) { out() << document.text() << '\n'; }

int Cli::refuse(const domain::Rejection& rejection) {
    err() << "error: " << rejection.message << " (" << rejection.code->name << ")\n"
          << "cause: " << rejection.code->cause << '\n'
          << "next:  " << rejection.code->remedy << '\n';
    return domain::exit_code(*rejection.code);
}

int Cli::refuse(const Fault& fault) {
    err() << "error: " << fault.what() << '\n';
    if (!fault.remedy().empty()) err() << "next:  " << fault.remedy() << '\n';
    switch (fault.kind()) {
        case FaultKind::kUnavailable:
        case FaultKind::kOverloaded: return kUnavailable;
        case FaultKind::kCorruption: return kCorruption;
        case FaultKind::kConfig: return kNotFound;
    }
    return kUnavailable;
}

int Cli::refuse_usage(std::string_view what, std::string_view next) {
    err() << "error: " << what << '\n' << "next:  " << next << '\n';
    return kUsage;
}

namespace {

// A wrong first word gets the command that is nearest to it.
int refuse_parse(Cli& cli, const CLI::App& app, const std::vector<std::string>& arguments,
                 const CLI::ParseError& error) {
    std::vector<std::string_view> names;
    std::vector<std::string> owned;
    for (const CLI::App* sub : app.get_subcommands({})) owned.push_back(sub->get_name());
    for (const std::string& name : owned) names.push_back(name);
    for (const std::string& argument : arguments) {
        if (argument.starts_with('-')) continue;
        const std::string_view near = domain::nearest(argument, names);
        const bool is_known = std::find(owned.begin(), owned.end(), argument) != owned.end();
        if (!is_known && !near.empty())
            return cli.refuse_usage("there is no command \"" + argument + "\"",
                                    "did you mean `skein " + std::string(near) + "`?");
        break;
    }
    return cli.refuse_usage(error.what(),
                            "`skein help` lists the commands, `skein COMMAND --help` "
                            "one command's options.");
}

}  // namespace

int run_cli(const std::vector<std::string>& arguments, Streams streams) {
    Cli cli(streams);
    Action action;
    CLI::App app;
    build_app(app, cli, [&action](Action chosen) { action = std::move(chosen); });
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        streams.out << help_of_typed(app);
        return kOk;
    } catch (const CLI::ParseError& error) {
        return refuse_parse(cli, app, arguments, error);
    }
    if (!action) {
        streams.out << app.help();
        return arguments.empty() ? kUsage : kOk;
    }
    try {
        return action();
    } catch (const Fault& fault) {
        return cli.refuse(fault);
    }
}

}  // namespace skein::cli
