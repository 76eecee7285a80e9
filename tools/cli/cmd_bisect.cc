#include "engine/replay/bisect.h"

#include <fmt/format.h>

#include "engine/codec/event_json.h"
#include "engine/json/writer.h"
#include "tools/cli/child_process.h"
#include "tools/cli/commands.h"
#include "tools/cli/conditions.h"
#include "tools/cli/reading.h"
#include "tools/cli/shapes.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

constexpr int kGivesUp = 128;  // a command that ends so, or by a signal, ends the search

struct BisectOptions {
    std::string address;
    std::string where;
    std::vector<std::string> command;
};

// A command that could not answer: the search ends with its exit code.
struct CommandFailed {
    int exit;
};

Reading reading_at(Store& store, const replay::Resource& resource, Version version) {
    replay::Point point;
    point.kind = replay::PointKind::kVersion;
    point.number = version.value();
    auto reading = store.read(resource, point, {ReadFrom::kLog, replay::ClockKind::kRecorded});
    if (!reading)
        throw Fault(FaultKind::kCorruption, reading.error().message, "Run `skein verify --all`.");
    return *std::move(reading);
}

bool command_holds(const std::vector<std::string>& command, const Reading& reading) {
    const int exit = run_with_input(command, reading.document().text() + "\n");
    if (exit == kCommandNotFound || exit >= kGivesUp) throw CommandFailed{exit};
    return exit == 0;
}

// Values by their names (`variables.budget`), then all the rest. The reading outlives it.
std::array<std::function<json::Value()>, 2> facts_of(const Reading& reading) {
    return {[&reading] { return reading.values(); }, [&reading] { return reading.document(); }};
}

// Nothing, or the exit code where the condition has a name that no state has, which is said then.
// All states of a stream have the same fields, but those of a board are its items: they come and
// go.
std::optional<int> refuse_unknown(Cli& cli, const replay::Condition& condition,
                                  const Reading& last) {
    if (last.part == replay::Part::kBoard) return std::nullopt;
    const std::string wrong = unknown_name(condition, facts_of(last));
    if (wrong.empty()) return std::nullopt;
    const std::string& stream = last.state->stream().str();
    return cli.refuse_usage(fmt::format("{} has {}", stream, wrong),
                            fmt::format("`skein show {} --json` shows its fields.", stream));
}

void print_found(Cli& cli, Store& store, const Stream& stream, const replay::BisectResult& result) {
    if (cli.format() == Format::kText) {
        if (!result.first) return;
        const ShownEvent found = event_at(store, stream, *result.first);
        const domain::EventMeta& meta = found.event.meta;
        cli.out() << fmt::format("{}@{}  {}  {}  {}\n  {}\n", stream.str(), meta.version.value(),
                                 format_time(meta.recorded_at), found.event.body->type().name,
                                 meta.actor.empty() ? "-" : printable(meta.actor),
                                 shortened(found.event.body->data().text()));
        return;
    }
    json::ObjectWriter out;
    if (result.first) {
        const ShownEvent found = event_at(store, stream, *result.first);
        out.member("event", codec::event_json(found.event, found.hash));
        out.member("first", point_of(found.event.meta));
    } else {
        out.member_null("event");
        out.member_null("first");
    }
    out.member_text("schema", "skein.bisect/1");
    out.member_number("tested", result.tested);
    cli.print(out.value());
}

int bisect_states(Cli& cli, const BisectOptions& options) {
    if (options.where.empty() == options.command.empty())
        return cli.refuse_usage("one of --where EXPR and -- CMD... is needed",
                                "Try `skein bisect run/r1 --where 'variables.budget < 0'`.");
    std::shared_ptr<const replay::Condition> condition;
    if (!options.where.empty()) {
        auto parsed = replay::parse_condition(options.where);
        if (!parsed) return cli.refuse(parsed.error());
        condition = *parsed;
    }
    Store& store = cli.open(OpenMode::kMustExist);
    const auto located = locate(store, options.address);
    if (!located) return cli.refuse(located.error());
    const auto bounds = bounds_of(store, *located);
    if (!bounds) return cli.refuse(bounds.error());
    if (const auto refused = refuse_reversed(cli, store, *located, *bounds)) return *refused;
    if (condition) {
        const Reading last = reading_at(store, located->resource, bounds->last);
        if (const auto refused = refuse_unknown(cli, *condition, last)) return *refused;
    }
    const auto holds = [&](Version version) {
        const Reading reading = reading_at(store, located->resource, version);
        if (!condition) return command_holds(options.command, reading);
        return condition->holds(facts_of(reading));
    };
    try {
        // A condition may come and go, and folding is cheap: each state in turn. A command costs a
        // process a state: halving.
        const replay::BisectResult result =
            condition ? replay::first_holding(bounds->after, bounds->last, holds)
                      : replay::bisect(bounds->after, bounds->last, holds);
        print_found(cli, store, located->resource.stream, result);
        cli.err() << fmt::format("{} states tested\n", result.tested);
        if (result.first) return kOk;
        if (condition) {
            cli.err() << fmt::format(
                "error: it holds at no version of {} after {} up to {}\n"
                "next:  `skein log {} --patch` shows what happened.\n",
                located->resource.stream.str(), bounds->after.value(), bounds->last.value(),
                options.address);
            return kNegative;
        }
        cli.err() << fmt::format(
            "error: it does not hold at version {}, the last of the range\n"
            "next:  Where it held for a while, end the range there, like {}@A..B; `skein log {}` "
            "shows what happened.\n",
            bounds->last.value(), located->resource.stream.str(), options.address);
        return kNegative;
    } catch (const CommandFailed& failed) {
        return cli.refuse_usage(
            fmt::format("\"{}\" could not answer: it ended with {}", options.command.front(),
                        failed.exit),
            "It exits 0 where the state has what you look for, 1 to 126 where it has not.");
    }
}

}  // namespace

void add_bisect(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<BisectOptions>();
    CliCommand sub = app.add_subcommand("bisect", "The first event after which something holds");
    sub.add_option("resource", options->address, "RESOURCE, or RESOURCE@A..B").required();
    sub.add_option("--where", options->where, "Condition on the state");
    sub.add_option("command", options->command,
                   "After --: a command that reads the state as JSON and exits 0 where it holds");
    sub.footer(
        "With --where every state is looked at in order, so the answer is the first one also "
        "where\n"
        "the condition comes and goes. With a command the range is halved: it has to stay true.\n"
        "A path in a condition is names joined by dots, or a JSON Pointer; in double quotes it "
        "may\n"
        "hold blanks, = and parentheses: '\"/variables/unit price\" > 3'.\n"
        "Examples:\n  skein bisect run/r1 --where 'variables.budget < 100'\n"
        "  skein bisect run/r1@3..20 -- grep -q refund");
    sub.callback(
        [&cli, options, set] { set([&cli, options] { return bisect_states(cli, *options); }); });
}

}  // namespace skein::cli
