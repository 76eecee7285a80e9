#include "tools/cli/cli.h"

#include <unistd.h>

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <new>
#include <system_error>
#include <thread>

#include "engine/base/fault_codes.h"
#include "tools/cli/app.h"
#include "tools/cli/bundles.h"
#include "tools/cli/environment.h"
#include "tools/cli/pager.h"
#include "tools/cli/postgres_options.h"
#include "tools/cli/progress.h"
#include "tools/cli/standard_output.h"
#include "tools/cli/text_output.h"
#include "tools/node/command_client.h"

namespace skein::cli {

namespace {

bool is_terminal(const std::ostream& stream, const std::ostream& standard, int file) {
    return &stream == &standard && isatty(file) == 1;
}

int exit_of(FaultKind kind) {
    switch (kind) {
        case FaultKind::kUnavailable:
        case FaultKind::kOverloaded: return kUnavailable;
        case FaultKind::kCorruption: return kCorruption;
        case FaultKind::kConfig: return kUsage;
        case FaultKind::kMissing: return kNotFound;
    }
    return kUnavailable;
}

}  // namespace

Cli::Cli(Streams streams, Kinds kinds, const Benchmarks* benchmarks)
    : streams_(streams),
      kinds_(std::move(kinds)),
      benchmarks_(benchmarks),
      has_terminal_(is_terminal(streams.out, std::cout, STDOUT_FILENO)) {}

Cli::~Cli() = default;

Format Cli::format() const {
    if (is_json || output == "json") return Format::kJson;
    if (output == "jsonl") return Format::kJsonLines;
    if (output == "csv") return Format::kCsv;
    return Format::kText;
}

bool Cli::is_coloured() const {
    if (colour == "always") return true;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): skein never changes its environment.
    if (colour == "never" || std::getenv("NO_COLOR") != nullptr) return false;
    return has_terminal_;
}

std::string Cli::paint(Colour shade, std::string_view text) const {
    if (!is_coloured()) return std::string(text);
    const char* code = "1";
    switch (shade) {
        case Colour::kBold: break;
        case Colour::kRed: code = "31"; break;
        case Colour::kGreen: code = "32"; break;
        case Colour::kYellow: code = "33"; break;
    }
    return fmt::format("\033[{}m{}\033[0m", code, text);
}

bool Cli::has_terminal_errors() const {
    return is_terminal(streams_.err, std::cerr, STDERR_FILENO);
}

void Cli::page() {
    if (has_terminal_ && !pager_) pager_ = Pager::start();
}

namespace {

// Commands that another process types end soon, and this one may go on then; a node does not.
constexpr std::chrono::seconds kLockPatience(5);
constexpr std::chrono::milliseconds kLockRetry(10);

std::unique_ptr<Store> open_in_turn(const StoreOptions& options) {
    const auto until = std::chrono::steady_clock::now() + kLockPatience;
    while (true) {
        try {
            return Store::open(options);
        } catch (const Fault& fault) {
            const bool is_locked = &fault.code() == &fault_codes::kStoreLocked;
            if (!is_locked || std::chrono::steady_clock::now() >= until) throw;
        }
        std::this_thread::sleep_for(kLockRetry);
    }
}

}  // namespace

Store& Cli::open(OpenMode mode, Projecting projecting) {
    StoreOptions options;
    options.directory = data;
    options.mode = mode;
    options.projecting = projecting;
    options.kinds = kinds_;
    if (!pg.empty()) {
        options.postgres = postgres_options(pg);
        options.route = std::make_shared<node::CommandClient>(kinds_.registry);
    }
    options.runtime.limits = limits_from_environment();
    store_ = open_in_turn(options);
    const std::string& lost = store_->views().lost_events();
    if (!lost.empty())
        err() << "warning: events are missing from the log: " << lost << '\n'
              << "cause:   the log was cut, lost, or replaced by an older copy\n"
              << "next:    Restore a backup, or send again what is missing; `skein views rebuild` "
                 "takes what the log still has for all there is.\n";
    return *store_;
}

void Cli::unpack_bundle() {
    unpacked_ = std::make_unique<UnpackedBundle>(*this);
    data = unpacked_->store().string();
    pg.clear();
}

void Cli::print(const json::Value& document) { out() << document.text() << '\n'; }

void Cli::print_or_show(const json::Value& document) {
    if (format() != Format::kText) return print(document);
    print_document(out(), document,
                   [this](std::string_view name) { return paint(Colour::kBold, name); });
}

int Cli::refuse(const domain::Rejection& rejection) {
    err() << "error: " << printable(rejection.message) << " (" << rejection.code->name << ")\n"
          << "cause: " << rejection.code->cause << '\n'
          << "next:  " << rejection.code->remedy << '\n';
    return domain::exit_code(*rejection.code);
}

int Cli::refuse(const Fault& fault) {
    const FaultCode& code = fault.code();
    err() << "error: " << printable(fault.what()) << " (" << code.name << ")\n"
          << "cause: " << code.cause << '\n'
          << "next:  " << (fault.remedy().empty() ? code.remedy : printable(fault.remedy()))
          << '\n';
    return exit_of(code);
}

int Cli::refuse_lost_output(int exit) {
    out().flush();
    const int error = error_of(out());
    // Who reads a pipe may leave when he has seen enough.
    if (out().good() || error == EPIPE) return exit;
    const std::error_code why(error == 0 ? EIO : error, std::generic_category());
    const bool is_full = &code_of(why) == &fault_codes::kDiskFull;
    return refuse(
        Fault(is_full ? fault_codes::kDiskFull : fault_codes::kOutputFailed,
              fmt::format("the output was cut short: {}", why.message()),
              "Make room for it, or name another place, then run it again; a command with the "
              "same command_id is not done twice."));
}

int Cli::refuse_absent(std::string_view what, std::string next) {
    return refuse(Fault(fault_codes::kNotThere, std::string(what), std::move(next)));
}

int Cli::refuse_usage(std::string_view what, std::string_view next) {
    return refuse_usage(kWrongUsage, what, next);
}

int Cli::refuse_usage(const UsageCode& code, std::string_view what, std::string_view next) {
    err() << "error: " << printable(what) << " (" << code.name << ")\n"
          << "cause: " << code.cause << '\n'
          << "next:  " << (next.empty() ? code.remedy : next) << '\n';
    return code.exit;
}

int exit_of(const FaultCode& code) { return exit_of(code.kind); }

namespace {

int run_words(Cli& cli, const std::vector<std::string>& arguments) {
    Action action;
    CLI::App app;
    build_app(app, cli, [&action](Action chosen) { action = std::move(chosen); });
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        cli.out() << help_of_typed(app);
        return kOk;
    } catch (const CLI::CallForVersion& version) {
        cli.out() << version.what() << '\n';
        return kOk;
    } catch (const CLI::ParseError& error) {
        return refuse_parse(cli, app, error.what());
    }
    if (!action) {
        cli.err() << help_of(app);
        return kUsage;
    }
    if (cli.format() == Format::kCsv && !prints_rows(app))
        return cli.refuse_usage(kNoRows, path_of_typed(app) + " prints no CSV");
    if (!cli.bundle.empty()) {
        switch (use_of_typed(app)) {
            case StoreUse::kNone: break;
            case StoreUse::kReads: cli.unpack_bundle(); break;
            case StoreUse::kWrites:
                return cli.refuse_usage(
                    fmt::format("{} writes, and a bundle is only read", path_of_typed(app)),
                    "Make a store of it: `skein --data NEW import bundle FILE`.");
        }
    }
    if (use_of_typed(app) != StoreUse::kNone) check_settings();
    return action();
}

// Nothing leaves the program as an exception.
int run_guarded(Cli& cli, const std::vector<std::string>& arguments) {
    try {
        return run_words(cli, arguments);
    } catch (const Fault& fault) {
        return cli.refuse(fault);
    } catch (const Interrupted& interrupted) {
        cli.err() << "interrupted\nnext:  " << interrupted.next << '\n';
        return kInterrupted;
    } catch (const std::filesystem::filesystem_error& error) {
        return cli.refuse(Fault(code_of(error.code()), error.what(),
                                "Check the path, its permissions and free space."));
    } catch (const std::system_error& error) {
        return cli.refuse(
            Fault(code_of(error.code()), fmt::format("the system refused: {}", error.what())));
    } catch (const std::bad_alloc&) {
        return cli.refuse(Fault(fault_codes::kOutOfMemory, "there is not enough memory"));
    } catch (const std::exception& error) {
        return cli.refuse(Fault(FaultKind::kUnavailable, error.what()));
    }
}

}  // namespace

int run_cli(const std::vector<std::string>& arguments, Streams streams, const Kinds& kinds,
            const Benchmarks* benchmarks) {
    Cli cli(streams, kinds, benchmarks);
    return cli.refuse_lost_output(run_guarded(cli, arguments));
}

}  // namespace skein::cli
