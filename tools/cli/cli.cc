#include "tools/cli/cli.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "tools/cli/app.h"
#include "tools/cli/text_output.h"

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
    options.kinds = kinds_;
    store_ = Store::open(options);
    return *store_;
}

void Cli::print(const json::Value& document) { out() << document.text() << '\n'; }

void Cli::print_or_show(const json::Value& document) {
    if (format() != Format::kText) return print(document);
    print_document(out(), document);
}

int Cli::refuse(const domain::Rejection& rejection) {
    err() << "error: " << printable(rejection.message) << " (" << rejection.code->name << ")\n"
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
    err() << "error: " << printable(what) << '\n' << "next:  " << next << '\n';
    return kUsage;
}

int run_cli(const std::vector<std::string>& arguments, Streams streams, const Kinds& kinds) {
    Cli cli(streams, kinds);
    Action action;
    CLI::App app;
    build_app(app, cli, [&action](Action chosen) { action = std::move(chosen); });
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        streams.out << help_of_typed(app);
        return kOk;
    } catch (const CLI::CallForVersion& version) {
        streams.out << version.what() << '\n';
        return kOk;
    } catch (const CLI::ParseError& error) {
        return refuse_parse(cli, app, error);
    }
    if (!action) {
        streams.err << help_of(app);
        return kUsage;
    }
    try {
        return action();
    } catch (const Fault& fault) {
        return cli.refuse(fault);
    }
}

}  // namespace skein::cli
