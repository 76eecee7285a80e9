#include <fmt/format.h>

#include "engine/codec/event_json.h"
#include "engine/domain/codes.h"
#include "engine/json/patch.h"
#include "engine/json/writer.h"
#include "tools/cli/commands.h"
#include "tools/cli/reading.h"
#include "tools/cli/shapes.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

struct ShowOptions {
    std::string address;
    std::string path;
    std::string sensitivity;
    std::string clock = "recorded";
    bool values = false;
    bool why = false;
};

int show_event(Cli& cli, std::string_view id) {
    const std::optional<Uuid> uuid = Uuid::parse(id);
    if (!uuid)
        return cli.refuse_usage(fmt::format("\"{}\" is no event id", printable(id)),
                                "Use ev:UUID, as `skein log --json` prints it.");
    Store& store = cli.open(OpenMode::kMustExist);
    const std::optional<ShownEvent> found = find_event(store, *uuid);
    if (!found)
        return cli.refuse(domain::reject(domain::codes::kPointOutOfRange,
                                         fmt::format("there is no event {} in this store", id)));
    cli.page();
    cli.print_or_show(codec::event_json(found->event, found->hash));
    return kOk;
}

// A key with the version that gave it its value.
struct Origin {
    std::string key;
    json::Value value;
    Version version;
};

std::vector<Origin> origins_in(const json::Value& document) {
    std::vector<Origin> origins;
    for (const char* group : {"variables", "intermediate", "board"}) {
        const auto entries = document.find(group);
        if (!entries) continue;
        entries->for_each_member([&](std::string_view key, const json::Value& entry) {
            const auto version = entry.find("version");
            const auto number = version ? version->as_unsigned_integer() : std::nullopt;
            if (number && *number > 0)
                origins.push_back({std::string(key), entry.find("value").value_or(json::Value()),
                                   Version(*number)});
        });
    }
    return origins;
}

// For each key the event that gave it its value.
int show_why(Cli& cli, Store& store, const Reading& reading) {
    std::vector<json::Value> items;
    Table table{{"KEY", "VALUE", "EVENT", "TYPE", "ACTOR", "REASON"}, {}};
    for (const Origin& origin : origins_in(reading.document())) {
        const ShownEvent found = event_at(store, reading.state->stream(), origin.version);
        const domain::EventMeta& meta = found.event.meta;
        const std::string type(found.event.body->type().name);
        table.rows.push_back({shortened(origin.key, 40), shortened(plain(origin.value), 40),
                              fmt::format("@{}", meta.version.value()), type,
                              meta.actor.empty() ? "-" : shortened(meta.actor, 40),
                              shortened(meta.reason, 40)});
        json::ObjectWriter item;
        item.member("actor", text_or_null(meta.actor));
        item.member("event", point_of(meta));
        item.member_text("key", origin.key);
        item.member("reason", text_or_null(meta.reason));
        item.member_text("type", type);
        item.member("value", origin.value);
        items.push_back(item.value());
    }
    cli.page();
    if (cli.format() == Format::kText) {
        print_table(cli.out(), table);
        return kOk;
    }
    json::ObjectWriter out;
    out.member("keys", json::Value::array(items));
    out.member("point", reading.point());
    out.member_text("schema", "skein.why/1");
    cli.print(out.value());
    return kOk;
}

// The members of one area whose sensitivity is `level`: whole, or their values alone.
json::Value of_level(const json::Value& area, std::string_view level, bool values) {
    json::ObjectWriter out;
    area.for_each_member([&](std::string_view key, const json::Value& entry) {
        const auto found = entry.find("sensitivity");
        if (!found || found->as_string() != level) return;
        out.member(key, values ? entry.find("value").value_or(json::Value()) : entry);
    });
    return out.value();
}

// The keys of one sensitivity, in both areas of a run.
int show_sensitivity(Cli& cli, const Reading& reading, const ShowOptions& options) {
    const json::Value document = reading.document();
    const auto variables = document.find("variables");
    const auto intermediate = document.find("intermediate");
    if (!variables || !intermediate)
        return cli.refuse_usage("only the values of a run have a sensitivity",
                                "Name a run, as `skein ls runs` lists them.");
    json::ObjectWriter out;
    out.member("intermediate", of_level(*intermediate, options.sensitivity, options.values));
    out.member("variables", of_level(*variables, options.sensitivity, options.values));
    cli.page();
    cli.print(out.value());
    return kOk;
}

int show(Cli& cli, const ShowOptions& options) {
    if (options.why && (options.values || !options.path.empty()))
        return cli.refuse_usage("--why tells of all keys: --path and --values do not go with it",
                                "Leave them out; `skein blame RESOURCE KEY` tells of one key.");
    if (options.address.starts_with("ev:")) return show_event(cli, options.address.substr(3));
    Store& store = cli.open(OpenMode::kMustExist);
    ReadOptions read;
    if (options.clock == "occurred") read.clock = replay::ClockKind::kOccurred;
    const auto reading = store.read(options.address, read);
    if (!reading) return cli.refuse(reading.error());
    if (options.why) return show_why(cli, store, *reading);
    if (!options.sensitivity.empty()) return show_sensitivity(cli, *reading, options);
    const json::Value document = options.values ? reading->values() : reading->document();
    if (!options.path.empty()) {
        const auto found = json::resolve_pointer(document, options.path);
        if (!found)
            return cli.refuse_absent(
                "nothing at " + options.path,
                fmt::format("`skein show {}` shows what there is; a path is like "
                            "/variables/budget/value.",
                            options.address));
        cli.page();
        cli.print(*found);
        return kOk;
    }
    cli.page();
    if (options.values) {
        cli.print(document);
    } else {
        cli.print_or_show(document);
    }
    return kOk;
}

}  // namespace

void add_show(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<ShowOptions>();
    CliCommand sub = app.add_subcommand("show", "A state at any point, or one event");
    sub.add_option("resource", options->address, "RESOURCE[@POINT] or ev:UUID").required();
    sub.add_option("--path", options->path, "JSON Pointer into the document");
    sub.add_option("--clock", options->clock, "Time that time points compare with")
        .one_of({"recorded", "occurred"})
        .with_default();
    sub.add_option("--sensitivity", options->sensitivity, "Only the keys of this level")
        .one_of({"public", "internal", "confidential", "secret", "pii"});
    sub.add_flag("--values", options->values, "The values alone, as JSON");
    sub.add_flag("--why", options->why, "For each key the event that gave it its value");
    sub.footer(
        "Examples:\n  skein show run/r1\n  skein show run/r1@12 --values\n"
        "  skein show swarm/s1@-5m --json");
    sub.callback([&cli, options, set] { set([&cli, options] { return show(cli, *options); }); });
}

}  // namespace skein::cli
