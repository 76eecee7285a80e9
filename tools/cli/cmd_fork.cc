#include <fmt/format.h>

#include "engine/json/parse.h"
#include "tools/cli/commands.h"
#include "tools/cli/reading.h"
#include "tools/cli/sending.h"

namespace skein::cli {

namespace {

struct ForkOptions {
    std::string address;
    std::string name;
    std::string updates;
    Envelope envelope;
};

int fork_stream(Cli& cli, const ForkOptions& options) {
    Store& store = cli.open(OpenMode::kMustExist);
    const auto located = locate(store, options.address);
    if (!located) return cli.refuse(located.error());
    const domain::Kind* kind = store.registry().kind_of(located->resource.stream);
    if (kind->fork_command.empty())
        return cli.refuse_usage(fmt::format("a {} cannot be forked", kind->name),
                                "Fork one of its runs: `skein fork run/R@POINT --name R2`.");
    Members address = address_of(located->resource.stream);
    Members data{{"at", json::Value::string(point_text(options.address))},
                 {"source", address.back().second}};
    if (!options.updates.empty()) {
        const auto updates = json::parse(options.updates);
        if (!updates)
            return cli.refuse_usage(
                "--updates is not JSON: " + updates.error().message,
                "Like --updates '[{\"key\":\"budget\",\"op\":\"set\",\"value\":1}]'.");
        data.emplace_back("updates", *updates);
    }
    address.back().second = json::Value::string(options.name);
    Members members = std::move(address);
    members.emplace_back("type", json::Value::string(kind->fork_command));
    members.emplace_back("data", json::Value::object(std::move(data)));
    add_envelope(members, options.envelope);
    return send_command(cli, store, std::move(members));
}

}  // namespace

void add_fork(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<ForkOptions>();
    CliCommand sub = app.add_subcommand("fork", "A new run that begins as another was at a point");
    sub.add_option("resource", options->address, "RESOURCE[@POINT]").required();
    sub.add_option("--name", options->name, "Id of the new run").required();
    sub.add_option("--updates", options->updates, "What is changed at once, as in UpdateContext");
    add_envelope_options(sub, options->envelope);
    sub.footer("Example:\n  skein fork run/r1@12 --name what-if");
    sub.callback(
        [&cli, options, set] { set([&cli, options] { return fork_stream(cli, *options); }); });
}

}  // namespace skein::cli
