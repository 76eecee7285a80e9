#include "tools/cli/commands.h"
#include "tools/cli/reading.h"
#include "tools/cli/sending.h"

namespace skein::cli {

namespace {

struct TagOptions {
    std::string address;
    std::string name;
    Envelope envelope;
};

int tag_stream(Cli& cli, const TagOptions& options) {
    Store& store = cli.open(OpenMode::kMustExist);
    const auto located = locate(store, options.address);
    if (!located) return cli.refuse(located.error());
    if (located->address.point)
        return cli.refuse_usage("it is the present point that gets the name",
                                "Leave out @POINT; a name for the past: fork it there.");
    Members data;
    add_text(data, "name", options.name);
    Members members = address_of(located->resource.stream);
    members.emplace_back("type", json::Value::string("TagRun"));
    members.emplace_back("data", json::Value::object(std::move(data)));
    add_envelope(members, options.envelope);
    return send_command(cli, store, std::move(members));
}

}  // namespace

void add_tag(CLI::App& app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<TagOptions>();
    CLI::App* sub = app.add_subcommand("tag", "Give the present point of a run a name");
    sub->add_option("resource", options->address, "RESOURCE")->required();
    sub->add_option("name", options->name, "Name, unique in the run")->required();
    add_envelope_options(*sub, options->envelope);
    sub->footer("Example:\n  skein tag run/r1 before-price");
    sub->callback(
        [&cli, options, set] { set([&cli, options] { return tag_stream(cli, *options); }); });
}

}  // namespace skein::cli
