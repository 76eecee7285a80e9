#include <fmt/format.h>

#include <vector>

#include "engine/codec/event_json.h"
#include "tools/cli/commands.h"

namespace skein::cli {

namespace {

struct LogOptions {
    std::string address;
    std::string type;
    std::string actor;
    std::size_t count = 0;  // 0: all
    bool reverse = false;
    bool oneline = false;
};

struct Bounds {
    Version after;
    Version last;
};

Result<Bounds, domain::Rejection> bounds_of(Store& store, const replay::Address& address,
                                            const Stream& stream) {
    Bounds bounds{Version(0), store.log().stream_head(stream)};
    if (address.is_range()) {
        auto from = store.resolve(stream, *address.from, replay::ClockKind::kRecorded);
        if (!from) return fail(from.error());
        bounds.after = *from;
    }
    const std::optional<replay::Point>& to = address.is_range() ? address.to : address.point;
    if (to) {
        auto last = store.resolve(stream, *to, replay::ClockKind::kRecorded);
        if (!last) return fail(last.error());
        bounds.last = *last;
    }
    return bounds;
}

class LogPrinter {
 public:
    LogPrinter(Cli& cli, Store& store, const LogOptions& options)
        : cli_(&cli), store_(&store), options_(&options) {}

    // False once enough were printed.
    bool print(Shard shard, Position position, std::string_view bytes, std::string_view hash) {
        const domain::Event event =
            replay::decode_stored({shard, position, bytes, hash}, store_->codec());
        if (!options_->type.empty() && event.body->type().name != options_->type) return true;
        if (!options_->actor.empty() && event.meta.actor != options_->actor) return true;
        if (cli_->format() != Format::kText) {
            cli_->print(codec::event_json(event, hash_from_bytes(hash)));
        } else {
            print_text(event);
        }
        return ++printed_ != options_->count;
    }

 private:
    void print_text(const domain::Event& event) {
        const domain::EventMeta& meta = event.meta;
        const std::string actor = meta.actor.empty() ? "" : fmt::format("  {}", meta.actor);
        const std::string reason = meta.reason.empty() ? "" : fmt::format("  ({})", meta.reason);
        cli_->out() << fmt::format("{:>6}  {}  {}{}{}\n", meta.version.value(),
                                   format_time(meta.recorded_at), event.body->type().name, actor,
                                   reason);
        if (!options_->oneline) cli_->out() << "        " << event.body->data().text() << '\n';
    }

    Cli* cli_;
    Store* store_;
    const LogOptions* options_;
    std::size_t printed_ = 0;
};

int print_log(Cli& cli, const LogOptions& options) {
    Store& store = cli.open(OpenMode::kMustExist);
    const auto address = replay::parse_address(options.address);
    if (!address) return cli.refuse(address.error());
    const auto resource = store.find(address->resource);
    if (!resource) return cli.refuse(resource.error());
    const auto bounds = bounds_of(store, *address, resource->stream);
    if (!bounds) return cli.refuse(bounds.error());
    LogPrinter printer(cli, store, options);
    if (options.reverse) {
        store.log().scan_stream(resource->stream, bounds->after, [&](const log::EventView& view) {
            if (store.log().position_of(resource->stream, bounds->last) < view.position)
                return false;
            return printer.print(view.shard, view.position, view.bytes, view.hash);
        });
        return kOk;
    }
    const Shard shard = log::shard_of(store.log(), resource->stream);
    for (std::uint64_t v = bounds->last.value(); v > bounds->after.value(); --v) {
        const auto position = store.log().position_of(resource->stream, Version(v));
        const auto stored = position ? store.log().read(shard, *position) : std::nullopt;
        if (!stored)
            throw Fault(FaultKind::kCorruption,
                        fmt::format("{} has no version {}", resource->stream.str(), v),
                        "Run `skein verify --all`.");
        if (!printer.print(shard, *position, stored->bytes, stored->hash.view())) break;
    }
    return kOk;
}

}  // namespace

void add_log(CLI::App& app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<LogOptions>();
    CLI::App* sub = app.add_subcommand("log", "Events of a resource, newest first");
    sub->add_option("resource", options->address, "RESOURCE[@POINT] or RESOURCE@A..B")->required();
    sub->add_option("--type", options->type, "Only events of this type");
    sub->add_option("--actor", options->actor, "Only events of this actor");
    sub->add_option("-n", options->count, "At most so many");
    sub->add_flag("--reverse", options->reverse, "Oldest first");
    sub->add_flag("--oneline", options->oneline, "One line an event");
    sub->callback(
        [&cli, options, set] { set([&cli, options] { return print_log(cli, *options); }); });
}

}  // namespace skein::cli
