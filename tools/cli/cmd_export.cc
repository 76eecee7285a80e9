#include <fmt/format.h>

#include "engine/codec/event_json.h"
#include "tools/cli/bundles.h"
#include "tools/cli/commands.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/reading.h"

namespace skein::cli {

namespace {

class Exporter {
 public:
    Exporter(Cli& cli, Store& store) : cli_(&cli), store_(&store) {}

    bool write(const log::EventView& view) {
        const domain::Event event = replay::decode_stored(view, store_->codec());
        cli_->print(codec::event_json(event, hash_from_bytes(view.hash)));
        ++count_;
        return cli_->out().good() && !is_interrupted();
    }
    std::uint64_t count() const { return count_; }

 private:
    Cli* cli_;
    Store* store_;
    std::uint64_t count_ = 0;
};

void export_range(Store& store, const Stream& stream, const Bounds& bounds, Exporter& exporter) {
    std::uint64_t left = bounds.last.value() - std::min(bounds.after, bounds.last).value();
    if (left == 0) return;
    store.log().scan_stream(stream, bounds.after, [&](const log::EventView& view) {
        return exporter.write(view) && --left > 0;
    });
}

int export_events(Cli& cli, const std::string& address) {
    catch_interrupts();
    Store& store = cli.open(OpenMode::kMustExist);
    Exporter exporter(cli, store);
    if (!address.empty()) {
        const auto located = locate(store, address);
        if (!located) return cli.refuse(located.error());
        const auto bounds = bounds_of(store, *located);
        if (!bounds) return cli.refuse(bounds.error());
        if (const auto refused = refuse_reversed(cli, store, *located, *bounds)) return *refused;
        export_range(store, located->resource.stream, *bounds, exporter);
    } else {
        for (std::uint32_t shard = 0; shard < store.log().shard_count(); ++shard)
            store.log().scan(Shard(shard), Position(0), [&exporter](const log::EventView& view) {
                return exporter.write(view);
            });
    }
    cli.out().flush();
    if (is_interrupted()) {
        cli.err() << fmt::format("interrupted after {} events\nnext:  Begin again.\n",
                                 exporter.count());
        return kInterrupted;
    }
    if (!cli.out().good()) return kOk;  // run_cli says why
    cli.err() << exporter.count() << " events\n";
    return kOk;
}

}  // namespace

void add_export(CliCommand app, Cli& cli, const SetAction& set) {
    struct ExportOptions {
        std::string address;
        std::string bundle;
    };
    auto options = std::make_shared<ExportOptions>();
    CliCommand sub = app.add_subcommand("export", "Events as JSON, one a line, oldest first");
    sub.add_option("resource", options->address,
                   "RESOURCE[@POINT] or RESOURCE@A..B; none: all, by shard");
    sub.add_option("--bundle", options->bundle,
                   "New file for the whole store instead: events as stored, receipts, identity");
    sub.footer(
        "JSON is for other programs; `skein import` takes commands, not events. Another store is "
        "made of a\n"
        "bundle, on any backend (`skein import bundle FILE`), or of a backup (`skein backup "
        "create`).\n"
        "Examples:\n  skein export run/r1 > r1.jsonl\n  skein export --bundle all.bundle");
    sub.callback([&cli, options, set] {
        set([&cli, options] {
            if (options->bundle.empty()) return export_events(cli, options->address);
            if (options->address.empty()) return export_to_bundle(cli, options->bundle);
            return cli.refuse_usage("a bundle holds a whole store", "Leave the resource out.");
        });
    });
}

}  // namespace skein::cli
