#include <fmt/format.h>

#include "engine/bus/kafka/kafka_topic.h"
#include "engine/bus/topic_verify.h"
#include "engine/codec/envelope.h"
#include "engine/json/writer.h"
#include "engine/replay/verify.h"
#include "tools/cli/commands.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/kafka_options.h"
#include "tools/cli/progress.h"
#include "tools/cli/reading.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

struct VerifyOptions {
    std::string resource;
    bool all = false;
};

struct Report {
    replay::LogReport log;
    std::uint64_t views = 0;
};

constexpr std::string_view kRebuildRemedy =
    "Run `skein views rebuild`: views are made from the log.";

// The event that a finding is about, where it can still be read.
std::optional<domain::EventMeta> event_of(Store& store, const replay::Finding& finding) {
    std::optional<Position> position = finding.position;
    if (position->value() == 0) position = store.log().position_of(finding.stream, finding.version);
    if (!position) return std::nullopt;
    const auto stored = store.log().read(finding.shard, *position);
    if (!stored) return std::nullopt;
    const auto decoded = codec::decode_event(stored->bytes, store.codec());
    if (!decoded) return std::nullopt;
    const domain::EventMeta& meta = decoded->event.meta;
    const bool is_another = !finding.stream.empty() && meta.stream != finding.stream;
    return is_another ? std::nullopt : std::optional(meta);
}

json::Value number_or_null(std::uint64_t number) {
    return number == 0 ? json::Value() : json::Value::unsigned_integer(number);
}

// A POINT: what the finding says, and what its event adds; null where nobody knows.
json::Value place_of_finding(Store& store, const replay::Finding& finding) {
    const auto meta = event_of(store, finding);
    const bool has_stream = !finding.stream.empty();
    json::Value stream = has_stream ? json::Value::string(finding.stream.str()) : json::Value();
    json::Value version = number_or_null(finding.version.value());
    json::Value position = number_or_null(finding.position.value());
    if (meta && !has_stream) stream = json::Value::string(meta->stream.str());
    if (meta && version.is_null()) version = number_or_null(meta->version.value());
    if (meta && position.is_null()) position = number_or_null(meta->position.value());
    json::ObjectWriter out;
    out.member("event_id", meta ? json::Value::string(meta->event_id.str()) : json::Value());
    out.member("position", position);
    out.member("recorded_at",
               meta ? json::Value::string(format_time(meta->recorded_at)) : json::Value());
    out.member_number("shard", finding.shard.value());
    out.member("stream", stream);
    out.member("version", version);
    return out.value();
}

json::Value report_document(Store& store, const Report& report) {
    std::vector<json::Value> failures;
    for (const replay::Finding& finding : report.log.findings) {
        json::ObjectWriter item;
        item.member_text("expected", finding.expected);
        item.member_text("found", finding.found);
        item.member_text("remedy", finding.remedy);
        item.member_text("what", finding.what);
        item.member("where", place_of_finding(store, finding));
        failures.push_back(item.value());
    }
    json::ObjectWriter checked;
    checked.member_number("events", report.log.events);
    checked.member_number("shards", report.log.shards);
    checked.member_number("views", report.views);
    json::ObjectWriter out;
    out.member("checked", checked.value());
    out.member("failures", json::Value::array(failures));
    out.member_boolean("ok", report.log.findings.empty());
    out.member_text("schema", "skein.verify/1");
    return out.value();
}

// What opening the views found before they were made anew, which nothing else shows any more.
void add_opening(Report& report, const projections::Views& views) {
    replay::Finding finding;
    if (!views.lost_events().empty()) {
        finding.what = "log";
        finding.expected = "every event that the views knew of";
        finding.found = views.lost_events();
        finding.remedy =
            "Restore a backup, or send again what is missing; `skein views rebuild` takes what the "
            "log still has for all there is.";
        report.log.findings.push_back(finding);
    }
    if (!views.broken_rows().empty()) {
        finding.what = "view";
        finding.expected = "rows as they were written";
        finding.found = views.broken_rows();
        finding.remedy = "They were made anew from the log; run `skein verify` again.";
        report.log.findings.push_back(finding);
    }
}

void add_views(Report& report, Store& store, const std::optional<Stream>& only,
               Progress& progress) {
    progress.set_unit("rows");
    std::vector<projections::Views::RowFailure> failures;
    try {
        store.views().catch_up();
        failures = store.views().verify(only, [&progress](std::uint64_t done) {
            progress.report("comparing views with the log", done, 0);
        });
    } catch (const Fault& fault) {
        if (fault.kind() != FaultKind::kCorruption) throw;
        failures.push_back(
            {Stream(), "store", "blocks that can be read", fault.what(), {}, {}, {}});
    }
    for (const auto& failure : failures) {
        replay::Finding finding;
        finding.what = "view " + failure.what;
        finding.stream = failure.stream;
        finding.shard =
            failure.stream.empty() ? failure.shard : log::shard_of(store.log(), failure.stream);
        finding.version = failure.version;
        finding.position = failure.position;
        finding.expected = failure.expected;
        finding.found = failure.found;
        finding.remedy = kRebuildRemedy;
        report.log.findings.push_back(std::move(finding));
    }
    if (only) {
        report.views = 1;
        return;
    }
    store.log().scan_streams(Scope(), Stream(), [&report](const Stream&, Version) {
        ++report.views;
        return true;
    });
}

// Of a bus that was named: what stands there must be what the log holds.
void add_topic(Cli& cli, Store& store, Report& report, Progress& progress) {
    if (cli.kafka.empty()) return;
    // For what is on its way; once, since without a relay none of the shards gets anything.
    std::chrono::milliseconds patience{5'000};
    const log::EventLog& log = store.log();
    const auto topic =
        bus::events_topic(kafka_options(cli.kafka), log.shard_count(), bus::WhenMissing::kRefuse);
    topic->prepare();
    std::uint64_t behind = 0;
    for (std::uint32_t s = 0; s < log.shard_count(); ++s) {
        progress.report("comparing Kafka with the log, shards", s, log.shard_count());
        const bus::TopicShardReport shard =
            bus::verify_topic(*topic, log, log.info().store_id, Shard(s), patience);
        if (shard.head > shard.last) {
            behind += shard.head.value() - shard.last.value();
            patience = std::chrono::milliseconds(0);
        }
        if (!shard.difference) continue;
        replay::Finding finding;
        finding.what = fmt::format("topic at offset {}", shard.difference->offset);
        finding.shard = Shard(s);
        finding.position = shard.difference->position;
        finding.expected = shard.difference->expected;
        finding.found = shard.difference->found;
        finding.remedy =
            "Delete the events topic: `skein serve` makes it anew from the log, which is whole.";
        report.log.findings.push_back(std::move(finding));
    }
    if (behind > 0)
        cli.err() << fmt::format(
            "note: {} events are not in Kafka yet; a node that runs (`skein serve`) sends them\n",
            behind);
}

// A member of a POINT for people.
std::string member_of(const json::Value& point, std::string_view name) {
    return plain(*point.find(name));
}

void print_report(Cli& cli, Store& store, const Report& report) {
    if (cli.format() != Format::kText) return cli.print(report_document(store, report));
    cli.out() << fmt::format("{}: {} events in {} shards, {} views\n",
                             report.log.findings.empty() ? "ok" : "damaged", report.log.events,
                             report.log.shards, report.views);
    for (const replay::Finding& finding : report.log.findings) {
        const json::Value where = place_of_finding(store, finding);
        cli.out() << fmt::format(
            "  {} at {} version {} (shard {} position {})\n    expected {}\n    found    {}\n",
            finding.what, member_of(where, "stream"), member_of(where, "version"),
            member_of(where, "shard"), member_of(where, "position"), shortened(finding.expected),
            shortened(finding.found));
    }
}

int verify(Cli& cli, const VerifyOptions& options) {
    if (options.all && !options.resource.empty())
        return cli.refuse_usage("both a resource and --all are given", "Leave one of them out.");
    catch_interrupts();
    Store& store = cli.open(OpenMode::kMustExist);
    Progress progress(cli, "events", "Begin again; verifying changes nothing.");
    Report report;
    std::optional<Stream> only;
    if (!options.resource.empty()) {
        const auto located = locate(store, options.resource);
        if (!located) return cli.refuse(located.error());
        if (located->address.point || located->address.is_range())
            return cli.refuse_usage("a stream is verified as a whole", "Leave out @POINT.");
        only = located->resource.stream;
        report.log = replay::verify_stream(store.log(), store.codec(), *only);
    } else {
        const std::uint64_t total = event_count(store);
        report.log = replay::verify_log(store.log(), store.codec(), [&](std::uint64_t done) {
            progress.report("verifying the log", done, total);
        });
    }
    // Where the log itself does not fold, there is nothing to compare views with.
    if (report.log.findings.empty()) add_views(report, store, only, progress);
    if (report.log.findings.empty() && !only) add_topic(cli, store, report, progress);
    progress.clear();
    add_opening(report, store.views());
    print_report(cli, store, report);
    if (report.log.findings.empty()) return kOk;
    const replay::Finding& first = report.log.findings.front();
    const std::size_t failures = report.log.findings.size();
    cli.err() << fmt::format("error: {}; the first: {}\nnext:  {}\n",
                             failures == 1 ? "1 failure" : fmt::format("{} failures", failures),
                             first.what, first.remedy);
    return kNegative;
}

}  // namespace

void add_verify(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<VerifyOptions>();
    CliCommand sub = app.add_subcommand("verify", "Prove that log, snapshots and views are whole");
    sub.add_option("resource", options->resource, "One stream; none: the whole store");
    sub.add_flag("--all", options->all, "The whole store (also where nothing is given)");
    sub.footer(
        "Checks the hash chain, dense positions and versions, snapshots, and that every view is "
        "the "
        "fold of the log;\nwith --kafka also that the events topic says what the log says.\nExit 1 "
        "where something fails.");
    sub.callback([&cli, options, set] { set([&cli, options] { return verify(cli, *options); }); });
}

}  // namespace skein::cli
