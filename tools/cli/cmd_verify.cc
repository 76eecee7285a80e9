#include <fmt/format.h>

#include "engine/json/writer.h"
#include "engine/replay/verify.h"
#include "tools/cli/commands.h"
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

json::Value place_of_finding(const replay::Finding& finding) {
    json::ObjectWriter out;
    out.member_null("event_id");
    out.member_number("position", finding.position.value());
    out.member_null("recorded_at");
    out.member_number("shard", finding.shard.value());
    out.member_text("stream", finding.stream.str());
    out.member_number("version", finding.version.value());
    return out.value();
}

json::Value report_document(const Report& report) {
    std::vector<json::Value> failures;
    for (const replay::Finding& finding : report.log.findings) {
        json::ObjectWriter item;
        item.member_text("expected", finding.expected);
        item.member_text("found", finding.found);
        item.member_text("remedy", finding.remedy);
        item.member_text("what", finding.what);
        item.member("where", place_of_finding(finding));
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

void add_views(Report& report, Store& store, const std::optional<Stream>& only) {
    store.views().catch_up();
    const auto failures = store.views().verify(
        only, [&report](std::uint64_t done) { report.views = std::max(report.views, done); });
    for (const auto& failure : failures) {
        replay::Finding finding;
        finding.what = "view " + failure.what;
        finding.stream = failure.stream;
        finding.shard = log::shard_of(store.log(), failure.stream);
        finding.version = store.log().stream_head(failure.stream);
        finding.position =
            store.log().position_of(failure.stream, finding.version).value_or(Position());
        finding.expected = failure.expected;
        finding.found = failure.found;
        finding.remedy = kRebuildRemedy;
        report.log.findings.push_back(std::move(finding));
    }
    // Streams of the list, where the views report none: those were compared one by one.
    if (report.views > 0) return;
    if (only) {
        report.views = 1;
        return;
    }
    store.log().scan_streams(Scope(), Stream(), [&report](const Stream&, Version) {
        ++report.views;
        return true;
    });
}

void print_report(Cli& cli, const Report& report) {
    if (cli.format() != Format::kText) return cli.print(report_document(report));
    cli.out() << fmt::format("{}: {} events in {} shards, {} views\n",
                             report.log.findings.empty() ? "ok" : "damaged", report.log.events,
                             report.log.shards, report.views);
    for (const replay::Finding& finding : report.log.findings)
        cli.out() << fmt::format(
            "  {} at {} version {} (shard {} position {})\n    expected {}\n    found    {}\n",
            finding.what, finding.stream.empty() ? "-" : finding.stream.str(),
            finding.version.value(), finding.shard.value(), finding.position.value(),
            shortened(finding.expected), shortened(finding.found));
}

int verify(Cli& cli, const VerifyOptions& options) {
    if (options.all && !options.resource.empty())
        return cli.refuse_usage("both a resource and --all are given", "Leave one of them out.");
    Store& store = cli.open(OpenMode::kMustExist);
    Report report;
    std::optional<Stream> only;
    if (!options.resource.empty()) {
        const auto located = locate(store, options.resource);
        if (!located) return cli.refuse(located.error());
        only = located->resource.stream;
        report.log = replay::verify_stream(store.log(), store.codec(), *only);
    } else {
        report.log = replay::verify_log(store.log(), store.codec(), [](std::uint64_t) {});
    }
    // Where the log itself does not fold, there is nothing to compare views with.
    if (report.log.findings.empty()) add_views(report, store, only);
    print_report(cli, report);
    if (report.log.findings.empty()) return kOk;
    const replay::Finding& first = report.log.findings.front();
    cli.err() << fmt::format("error: {} failures; the first: {}\nnext:  {}\n",
                             report.log.findings.size(), first.what, first.remedy);
    return kNegative;
}

}  // namespace

void add_verify(CLI::App& app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<VerifyOptions>();
    CLI::App* sub = app.add_subcommand("verify", "Prove that log, snapshots and views are whole");
    sub->add_option("resource", options->resource, "One stream; none: the whole store");
    sub->add_flag("--all", options->all, "The whole store (also where nothing is given)");
    sub->footer(
        "Checks the hash chain, dense positions and versions, snapshots, and that every view is "
        "the "
        "fold of the log.\nExit 1 where something fails.");
    sub->callback([&cli, options, set] { set([&cli, options] { return verify(cli, *options); }); });
}

}  // namespace skein::cli
