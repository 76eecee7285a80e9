#include <fmt/format.h>

#include <vector>

#include "engine/codec/event_json.h"
#include "engine/json/patch.h"
#include "tools/cli/commands.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/reading.h"
#include "tools/cli/suggestion.h"
#include "tools/cli/text_output.h"
#include "tools/library/follow.h"

namespace skein::cli {

namespace {

struct LogOptions {
    std::string address;
    std::string type;
    std::string actor;
    std::string path;
    std::size_t count = 0;  // 0: all
    bool reverse = false;
    bool oneline = false;
    bool graph = false;
    bool stat = false;
    bool patch = false;
    bool follow = false;

    bool is_filter() const { return !type.empty() || !actor.empty() || !path.empty(); }
};

// The other stream that an event took something from: a fork's origin, a merge's source, a parent.
std::string origin_of(const domain::Event& event) {
    const json::Value data = event.body->data();
    for (const char* name : {"source", "parent"}) {
        const auto link = data.find(name);
        if (!link || !link->is_object()) continue;
        const auto run = link->find("run");
        const auto version = link->find("version");
        if (run && version) return fmt::format("run/{}@{}", plain(*run), version->text());
    }
    return "";
}

class LogPrinter {
 public:
    LogPrinter(Cli& cli, const Folds& folds, const LogOptions& options)
        : cli_(&cli), folds_(folds), options_(&options) {}

    std::size_t printed() const { return printed_; }
    // False once enough were printed.
    bool print(const ShownEvent& shown) {
        const domain::Event& event = shown.event;
        if (!options_->type.empty() && event.body->type().name != options_->type) return true;
        if (!options_->actor.empty() && event.meta.actor != options_->actor) return true;
        const std::vector<json::Change> changes = changes_of(event.meta);
        if (!options_->path.empty() && changes.empty()) return true;
        if (cli_->format() != Format::kText) {
            cli_->print(codec::event_json(event, shown.hash));
        } else {
            print_text(event, changes);
        }
        return ++printed_ != options_->count && cli_->out().good();
    }

 private:
    // What the event changed in the values, at or below --path.
    std::vector<json::Change> changes_of(const domain::EventMeta& meta) {
        if (!options_->stat && !options_->patch && options_->path.empty()) return {};
        const auto before = folded(folds_, meta.stream, Version(meta.version.value() - 1))
                                ->values(meta.recorded_at);
        const auto after = folded(folds_, meta.stream, meta.version)->values(meta.recorded_at);
        if (options_->path.empty()) return json::diff(before, after);
        const auto was = json::resolve_pointer(before, options_->path);
        const auto is = json::resolve_pointer(after, options_->path);
        if (was && is) {
            std::vector<json::Change> changes = json::diff(*was, *is);
            for (json::Change& change : changes) change.path = options_->path + change.path;
            return changes;
        }
        if (!was && !is) return {};
        return {{options_->path, is ? json::ChangeOp::kAdd : json::ChangeOp::kRemove, was, is}};
    }

    void print_text(const domain::Event& event, const std::vector<json::Change>& changes) {
        const domain::EventMeta& meta = event.meta;
        const std::string margin = options_->graph ? "| " : "";
        const std::string version = fmt::format("{:>6}", meta.version.value());
        std::string line = fmt::format(
            "{}{}  {}  {}", options_->graph ? "* " : "", cli_->paint(Colour::kYellow, version),
            format_time(meta.recorded_at), cli_->paint(Colour::kBold, event.body->type().name));
        if (!meta.actor.empty()) line += "  " + shortened(meta.actor, 40);
        if (!meta.reason.empty()) line += "  (" + shortened(meta.reason, 60) + ")";
        if (options_->stat) line += fmt::format("  {} changes", changes.size());
        cli_->out() << line << '\n';
        if (options_->graph) print_link(event);
        if (options_->patch || !options_->path.empty()) return print_changes(margin, changes);
        if (!options_->oneline && !options_->stat)
            cli_->out() << margin << "        " << shortened(event.body->data().text()) << '\n';
    }

    void print_link(const domain::Event& event) {
        const std::string origin = origin_of(event);
        if (origin.empty()) return;
        // A first event hangs below its origin; any other one has a second line coming in.
        cli_->out() << (event.meta.version.value() == 1 ? "|/ from " : "|\\ from ") << origin
                    << '\n';
    }

    void print_changes(const std::string& margin, const std::vector<json::Change>& changes) {
        for (const json::Change& change : changes) {
            cli_->out() << margin << "        " << printable(change.path) << '\n';
            if (change.from)
                cli_->out() << margin << "          "
                            << cli_->paint(Colour::kRed, "- " + shortened(change.from->text()))
                            << '\n';
            if (change.to)
                cli_->out() << margin << "          "
                            << cli_->paint(Colour::kGreen, "+ " + shortened(change.to->text()))
                            << '\n';
        }
    }

    Cli* cli_;
    const Folds folds_;
    const LogOptions* options_;
    std::size_t printed_ = 0;
};

void print_forwards(Store& store, const Stream& stream, const Bounds& bounds, LogPrinter& printer) {
    if (bounds.after >= bounds.last) return;
    store.log().scan_stream(stream, bounds.after, [&](const log::EventView& view) {
        const ShownEvent shown{replay::decode_stored(view, store.codec()),
                               hash_from_bytes(view.hash)};
        return printer.print(shown) && shown.event.meta.version < bounds.last;
    });
}

void print_backwards(Store& store, const Stream& stream, const Bounds& bounds,
                     LogPrinter& printer) {
    for (std::uint64_t v = bounds.last.value(); v > bounds.after.value(); --v) {
        if (!printer.print(event_at(store, stream, Version(v)))) return;
    }
}

bool is_known_type(const Cli& cli, const std::string& type) {
    return type.empty() || cli.registry().find_event(type) != nullptr;
}

int refuse_type(Cli& cli, const std::string& type) {
    std::vector<std::string> types;
    for (const domain::Kind& kind : cli.registry().kinds()) {
        for (const domain::EventType* known : kind.events) types.emplace_back(known->name);
    }
    return cli.refuse_usage(
        fmt::format("there is no event type \"{}\"{}", printable(type), suggestion(type, types)),
        "`skein log RESOURCE --oneline` shows the types.");
}

// A log that grows, and how it is followed.
struct Followed {
    log::EventLog& log;
    const replay::States& states;
    std::function<void(const FollowOptions&, const std::function<void(const log::EventView&)>&)>
        follow;
};

// Oldest first, until Ctrl-C: the last `count` events, then what is appended, by whichever process.
int follow_events(Cli& cli, LogOptions options, const Followed& followed) {
    if (!is_known_type(cli, options.type)) return refuse_type(cli, options.type);
    const auto resource = replay::find_resource(followed.log, cli.registry(), options.address);
    if (!resource) return cli.refuse(resource.error());
    catch_interrupts();
    const Stream& stream = resource->stream;
    const std::uint64_t head = followed.log.stream_head(stream).value();
    const Version after(head - std::min<std::uint64_t>(head, options.count));
    options.count = 0;
    LogPrinter printer(cli, {followed.states, cli.registry()}, options);
    const FollowOptions following{stream, after,
                                  [&cli] { return is_interrupted() || !cli.out().good(); }};
    followed.follow(following, [&](const log::EventView& view) {
        printer.print(
            {replay::decode_stored(view, *cli.kinds().codec), hash_from_bytes(view.hash)});
        cli.out().flush();
    });
    return kInterrupted;
}

// The store stays free for writers.
int follow_log(Cli& cli, const LogOptions& options) {
    if (options.reverse || options.address.find('@') != std::string::npos)
        return cli.refuse_usage(
            "--follow begins at the end, and goes on from there",
            "Leave the point and --reverse out; -n shows the last events first.");
    if (!cli.pg.empty()) {
        Store& store = cli.open(OpenMode::kMustExist);
        return follow_events(cli, options,
                             {store.log(), store.states(ReadFrom::kLog),
                              [&store](const auto& following, const auto& visit) {
                                  follow(store, following, visit);
                              }});
    }
    LogReader reader(cli.data, cli.kinds());
    return follow_events(
        cli, options,
        {reader.log(), reader.states(), [&reader](const auto& following, const auto& visit) {
             follow(reader, following, visit);
         }});
}

int print_log(Cli& cli, const LogOptions& options) {
    if (options.follow) return follow_log(cli, options);
    Store& store = cli.open(OpenMode::kMustExist);
    if (!is_known_type(cli, options.type)) return refuse_type(cli, options.type);
    const auto located = locate(store, options.address);
    if (!located) return cli.refuse(located.error());
    const auto bounds = bounds_of(store, *located);
    if (!bounds) return cli.refuse(bounds.error());
    if (const auto refused = refuse_reversed(cli, store, *located, *bounds)) return *refused;
    const Stream& stream = located->resource.stream;
    cli.page();
    LogPrinter printer(cli, folds_of(store), options);
    if (options.reverse) {
        print_forwards(store, stream, *bounds, printer);
    } else {
        print_backwards(store, stream, *bounds, printer);
    }
    if (printer.printed() > 0 || !options.is_filter()) return kOk;
    cli.err() << fmt::format("error: none of the events of {} from @{} to @{} is such a one\n",
                             stream.str(), bounds->after.next().value(), bounds->last.value())
              << fmt::format("next:  `skein log {} --oneline` shows them all.\n", stream.str());
    return kNegative;
}

}  // namespace

void add_log(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<LogOptions>();
    CliCommand sub = app.add_subcommand("log", "Events of a resource, newest first");
    sub.add_option("resource", options->address, "RESOURCE[@POINT] or RESOURCE@A..B").required();
    sub.add_option("--type", options->type, "Only events of this type");
    sub.add_option("--actor", options->actor, "Only events of this actor");
    sub.add_option(
        "--path", options->path,
        "Only events that changed the value at this JSON Pointer, like /variables/budget");
    sub.add_option("-n", options->count, "At most so many; with --follow: the last ones first")
        .positive();
    sub.add_flag("--reverse", options->reverse, "Oldest first");
    sub.add_flag("--oneline", options->oneline, "One line an event");
    sub.add_flag("--graph", options->graph, "Where forks and merges come from");
    sub.add_flag("--stat", options->stat, "How many values each event changed");
    sub.add_flag("--patch", options->patch, "What each event changed");
    sub.add_flag("--follow", options->follow,
                 "Then new events as anybody appends them; until Ctrl-C");
    sub.footer("Examples:\n  skein log run/r1 --oneline\n  skein log run/r1@3..9 --patch");
    sub.callback(
        [&cli, options, set] { set([&cli, options] { return print_log(cli, *options); }); });
}

}  // namespace skein::cli
