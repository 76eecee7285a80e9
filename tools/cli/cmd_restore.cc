#include "tools/cli/commands.h"
#include "tools/cli/reading.h"
#include "tools/cli/sending.h"

namespace skein::cli {

namespace {

struct RestoreOptions {
    std::string address;
    bool merges = false;
    Envelope envelope;
};

int restore_stream(Cli& cli, const RestoreOptions& options) {
    Store& store = cli.open(OpenMode::kMustExist);
    const auto located = locate(store, options.address);
    if (!located) return cli.refuse(located.error());
    if (!located->address.point)
        return cli.refuse_usage("the point to go back to is missing",
                                "Write it behind the run: `skein restore run/r1@ckpt:NAME`.");
    Members data;
    add_text(data, "to", point_text(options.address));
    if (options.merges) data.emplace_back("merge", json::Value::boolean(true));
    Members members = address_of(located->resource.stream);
    members.emplace_back("type", json::Value::string("RestoreRun"));
    members.emplace_back("data", json::Value::object(std::move(data)));
    add_envelope(members, options.envelope);
    return send_command(cli, store, std::move(members));
}

}  // namespace

void add_restore(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<RestoreOptions>();
    CliCommand sub =
        app.add_subcommand("restore", "Take a run back to what it was at a point; history is kept");
    sub.add_option("resource", options->address, "RESOURCE@POINT").required();
    sub.add_flag("--merge", options->merges, "Lay what was there then on what is there now");
    add_envelope_options(sub, options->envelope);
    sub.footer("Example:\n  skein restore run/r1@ckpt:plan-done");
    sub.callback(
        [&cli, options, set] { set([&cli, options] { return restore_stream(cli, *options); }); });
}

}  // namespace skein::cli
