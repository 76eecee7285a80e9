#include <fmt/format.h>

#include "engine/codec/event_json.h"
#include "engine/domain/codes.h"
#include "engine/json/patch.h"
#include "tools/cli/commands.h"

namespace skein::cli {

namespace {

struct ShowOptions {
    std::string address;
    std::string path;
    std::string clock = "recorded";
    bool values = false;
};

int show_event(Cli& cli, std::string_view id) {
    const std::optional<Uuid> uuid = Uuid::parse(id);
    if (!uuid)
        return cli.refuse_usage(fmt::format("\"{}\" is no event id", id),
                                "Use ev:UUID, as `skein log --json` prints it.");
    Store& store = cli.open(OpenMode::kMustExist);
    const std::optional<EventPlace> place = place_of(*uuid);
    if (place && place->shard.value() < store.log().shard_count()) {
        if (const auto stored = store.log().read(place->shard, place->position)) {
            const domain::Event event = replay::decode_stored(
                {place->shard, place->position, stored->bytes, stored->hash.view()}, store.codec());
            if (event.meta.event_id == *uuid) {
                cli.print(codec::event_json(event, stored->hash));
                return kOk;
            }
        }
    }
    return cli.refuse(domain::reject(domain::codes::kPointOutOfRange,
                                     fmt::format("there is no event {} in this store", id)));
}

int show(Cli& cli, const ShowOptions& options) {
    if (options.address.starts_with("ev:")) return show_event(cli, options.address.substr(3));
    Store& store = cli.open(OpenMode::kMustExist);
    ReadOptions read;
    if (options.clock == "occurred") read.clock = replay::ClockKind::kOccurred;
    const auto reading = store.read(options.address, read);
    if (!reading) return cli.refuse(reading.error());
    json::Value document = options.values ? reading->values() : reading->document();
    if (!options.path.empty()) {
        const auto found = json::resolve_pointer(document, options.path);
        if (!found) {
            cli.err() << "error: nothing at " << options.path << '\n'
                      << "next:  `skein show " << options.address << "` shows what there is.\n";
            return kNotFound;
        }
        document = *found;
    }
    cli.print(document);
    return kOk;
}

}  // namespace

void add_show(CLI::App& app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<ShowOptions>();
    CLI::App* sub = app.add_subcommand("show", "Show a state at any point, or one event");
    sub->add_option("resource", options->address, "RESOURCE[@POINT] or ev:UUID")->required();
    sub->add_option("--path", options->path, "JSON Pointer into the document");
    sub->add_option("--clock", options->clock, "Time that time points compare with")
        ->check(CLI::IsMember({"recorded", "occurred"}));
    sub->add_flag("--values", options->values, "The values alone");
    sub->callback([&cli, options, set] { set([&cli, options] { return show(cli, *options); }); });
}

}  // namespace skein::cli
