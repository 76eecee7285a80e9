#include <fmt/format.h>

#include <chrono>

#include "engine/domain/codes.h"
#include "tools/cli/commands.h"
#include "tools/cli/reading.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

struct ReplayOptions {
    std::string address;
    std::string at;
    std::string from = "log";
    bool explains = false;
    bool verifies = false;
    bool values = false;
};

ReadFrom source_of(const std::string& name) {
    if (name == "view") return ReadFrom::kView;
    return name == "snapshot" ? ReadFrom::kSnapshot : ReadFrom::kLog;
}

// How many events make up the state: of its scope where the document is a fold of the scope.
std::uint64_t events_in(const Store& store, const Reading& reading) {
    const domain::State& state = *reading.state;
    const domain::Kind* kind = store.registry().kind_of(state.stream());
    return kind->basis == domain::DocumentBasis::kScope ? state.mark().position.value()
                                                        : state.version().value();
}

void explain(Cli& cli, Store& store, const Reading& reading, const ReplayOptions& options,
             std::chrono::steady_clock::duration time) {
    const domain::State& state = *reading.state;
    std::string what =
        fmt::format("the first {} events, folded one by one", events_in(store, reading));
    if (options.from == "view") what = "rows of the view, events behind it from the log";
    if (options.from == "snapshot") {
        const auto snapshot = store.log().find_snapshot(state.stream(), state.version());
        what = snapshot ? fmt::format("the snapshot at version {}, then {} events",
                                      snapshot->version.value(),
                                      state.version().value() - snapshot->version.value())
                        : fmt::format("no snapshot there: {}", what);
    }
    cli.err() << fmt::format("{} at version {}: read {} ({} us); digest {}\n", state.stream().str(),
                             state.version().value(), what,
                             std::chrono::duration_cast<std::chrono::microseconds>(time).count(),
                             state.digest().hex());
}

// Whether all three sources give the same bytes.
bool agree(Cli& cli, Store& store, const std::string& address, const json::Value& expected) {
    bool is_equal = true;
    for (const char* name : {"log", "snapshot", "view"}) {
        const auto reading = store.read(address, {source_of(name), replay::ClockKind::kRecorded});
        if (reading && reading->document() == expected) continue;
        is_equal = false;
        cli.err() << fmt::format("error: from the {} it is another state\n", name)
                  << "next:  `skein verify --all` finds what is damaged.\n";
    }
    if (is_equal) cli.err() << "log = snapshot = view\n";
    return is_equal;
}

// The parked event that keeps the views of a stream from reaching the point; none where nothing
// does.
std::optional<projections::Views::Parked> parked_before(Store& store, const std::string& address) {
    store.views().catch_up();
    const auto all = store.views().parked();
    if (all.empty()) return std::nullopt;
    const auto located = locate(store, address);
    if (!located || located->address.is_range()) return std::nullopt;
    const Stream& stream = located->resource.stream;
    const auto version = store.resolve(stream, located->point(), replay::ClockKind::kRecorded);
    for (const auto& parked : all) {
        if (parked.stream == stream && version && parked.version <= *version) return parked;
    }
    return std::nullopt;
}

int refuse_behind(Cli& cli, const projections::Views::Parked& parked) {
    cli.err() << fmt::format(
        "error: the view of {} is behind the point: its version {} is parked ({})\n"
        "next:  `skein parked ls` says why; --from log reads the log alone.\n",
        parked.stream.str(), parked.version.value(), parked.code);
    return kBehind;
}

int replay_state(Cli& cli, const ReplayOptions& options) {
    if (!options.at.empty() && options.address.find('@') != std::string::npos)
        return cli.refuse_usage("the point is given twice: in RESOURCE@POINT and by --at",
                                "Leave one of them out.");
    const bool lacks_mark = !options.at.empty() && options.at.front() != '@';
    const std::string address = options.address + (lacks_mark ? "@" : "") + options.at;
    Store& store = cli.open(OpenMode::kMustExist);
    if (options.from == "view") {
        if (const auto parked = parked_before(store, address)) return refuse_behind(cli, *parked);
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto reading =
        store.read(address, {source_of(options.from), replay::ClockKind::kRecorded});
    if (!reading) return cli.refuse(reading.error());
    const json::Value document = reading->document();
    const auto time = std::chrono::steady_clock::now() - begin;
    if (options.values) {
        cli.print(reading->values());
    } else {
        cli.print_or_show(document);
    }
    if (options.explains) explain(cli, store, *reading, options, time);
    if (options.verifies && !agree(cli, store, address, document)) return kNegative;
    return kOk;
}

}  // namespace

void add_replay(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<ReplayOptions>();
    CliCommand sub = app.add_subcommand("replay", "Fold a state from the log, up to a point");
    sub.add_option("resource", options->address, "RESOURCE[@POINT]").required();
    sub.add_option("--at", options->at, "Point, like 12, head~3, 2026-11-20T10:03:11Z, tag:NAME");
    sub.add_option("--from", options->from, "What to read; all give the same bytes")
        .one_of({"log", "snapshot", "view"})
        .with_default();
    sub.add_flag("--values", options->values, "The values alone");
    sub.add_flag("--explain", options->explains, "Say what was read and how long it took");
    sub.add_flag("--verify", options->verifies,
                 "Compare log, snapshot and view; exit 1 if not one");
    sub.footer("Examples:\n  skein replay run/r1 --at 12\n  skein replay run/r1@tag:done --verify");
    sub.callback(
        [&cli, options, set] { set([&cli, options] { return replay_state(cli, *options); }); });
}

}  // namespace skein::cli
