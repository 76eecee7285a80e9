#include <fmt/format.h>

#include "engine/json/parse.h"
#include "engine/json/writer.h"
#include "tools/cli/commands.h"
#include "tools/cli/reading.h"
#include "tools/cli/sending.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

struct MergeOptions {
    std::string source;
    std::string into;
    std::string strategy;
    std::vector<std::string> mapping;
    std::vector<std::string> resolutions;
    bool is_dry_run = false;
    Envelope envelope;
};

// KEY=TEXT, split at the last "=" that leaves a value: keys may hold "=" themselves.
std::optional<std::pair<std::string, std::string>> split_pair(const std::string& text) {
    const std::size_t at = text.find('=', 1);
    if (at == std::string::npos || at + 1 == text.size()) return std::nullopt;
    return std::pair{text.substr(0, at), text.substr(at + 1)};
}

json::Value resolution_of(const std::string& text) {
    if (text == "source" || text == "target") return json::Value::string(text);
    const auto value = json::parse(text);
    return json::Value::object({{"value", value ? *value : json::Value::string(text)}});
}

// The members of `data`; nullopt where a pair is none.
std::optional<Members> merge_data(const MergeOptions& options, const Stream& source) {
    Members data{{"source", address_of(source).back().second},
                 {"strategy", json::Value::string(options.strategy)}};
    Members mapping;
    for (const std::string& text : options.mapping) {
        const auto pair = split_pair(text);
        if (!pair) return std::nullopt;
        mapping.emplace_back(pair->first, json::Value::string(pair->second));
    }
    Members resolutions;
    for (const std::string& text : options.resolutions) {
        const auto pair = split_pair(text);
        if (!pair) return std::nullopt;
        resolutions.emplace_back(pair->first, resolution_of(pair->second));
    }
    if (!mapping.empty()) data.emplace_back("mapping", json::Value::object(std::move(mapping)));
    if (!resolutions.empty())
        data.emplace_back("resolutions", json::Value::object(std::move(resolutions)));
    return data;
}

void print_preview(Cli& cli, const runtime::Preview& preview) {
    for (const domain::NewEvent& event : preview.events) {
        const json::Value data = event.body->data();
        if (cli.format() != Format::kText) {
            json::ObjectWriter out;
            out.member("data", data);
            out.member_text("schema", "skein.preview/1");
            out.member_text("stream", event.stream.str());
            out.member_text("type", event.body->type().name);
            cli.print(out.value());
            continue;
        }
        Table table{{"KEY", "RESULT", "VALUE"}, {}};
        const json::Value keys = data.find("keys").value_or(json::Value::array({}));
        keys.for_each_element([&](const json::Value& key) {
            const auto text_of = [&key](std::string_view name) {
                return shortened(plain(key.find(name).value_or(json::Value())), 60);
            };
            table.rows.push_back({text_of("key"), text_of("result"), text_of("value")});
        });
        cli.out() << event.stream.str() << ": " << table.rows.size()
                  << " keys would change or conflict\n";
        if (!table.rows.empty()) print_table(cli.out(), table);
    }
}

int dry_run(Cli& cli, Store& store, const json::Value& command) {
    const runtime::Preview preview = store.preview(command);
    if (preview.outcome.kind != OutcomeKind::kAccepted) return report(cli, preview.outcome);
    print_preview(cli, preview);
    cli.err() << "nothing was changed; without --dry-run it is.\n";
    return kOk;
}

int merge_runs(Cli& cli, const MergeOptions& options) {
    Store& store = cli.open(OpenMode::kMustExist);
    const auto source = locate(store, options.source);
    if (!source) return cli.refuse(source.error());
    const auto target = locate(store, options.into);
    if (!target) return cli.refuse(target.error());
    const Stream& from = source->resource.stream;
    const Stream& into = target->resource.stream;
    if (source->address.point || target->address.point)
        return cli.refuse_usage("a merge takes both runs as they are now",
                                "To merge an older point, fork it first: `skein fork RUN@POINT`.");
    if (scope_of(from) != scope_of(into))
        return cli.refuse_usage(
            fmt::format("{} and {} belong to different swarms", from.str(), into.str()),
            "Merge runs of one swarm.");
    auto data = merge_data(options, from);
    if (!data)
        return cli.refuse_usage("--map and --resolve take KEY=VALUE",
                                "Like --map notes=array_concat --resolve budget=source.");
    Members members = address_of(into);
    members.emplace_back("type", json::Value::string("MergeRun"));
    members.emplace_back("data", json::Value::object(*std::move(data)));
    add_envelope(members, options.envelope);
    if (options.is_dry_run) return dry_run(cli, store, json::Value::object(std::move(members)));
    return send_command(cli, store, std::move(members));
}

}  // namespace

void add_merge(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<MergeOptions>();
    CliCommand sub =
        app.add_subcommand("merge", "Merge a run into another one, three-way, key by key");
    sub.add_option("source", options->source, "Run that is merged").required();
    sub.add_option("--into", options->into, "Run that it is merged into").required();
    sub.add_option("--strategy", options->strategy,
                   "What wins where both changed a key: child_wins, parent_wins, merge_objects, "
                   "array_concat, keep_latest, explicit_mapping, fast_forward, manual_review")
        .required();
    sub.add_option("--map", options->mapping, "KEY=STRATEGY, with explicit_mapping");
    sub.add_option("--resolve", options->resolutions, "KEY=source, KEY=target or KEY=JSON");
    sub.add_flag("--dry-run", options->is_dry_run, "Show what would become of each key");
    add_envelope_options(sub, options->envelope);
    sub.footer("Example:\n  skein merge run/what-if --into run/r1 --strategy child_wins --dry-run");
    sub.callback(
        [&cli, options, set] { set([&cli, options] { return merge_runs(cli, *options); }); });
}

}  // namespace skein::cli
