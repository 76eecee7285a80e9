#include "tools/cli/commands.h"
#include "tools/cli/sending.h"

namespace skein::cli {

namespace {

struct TagOptions {
    std::string address;
    std::string name;
    Envelope envelope;
};

int tag_stream(Cli& cli, const TagOptions& options) {
    Members data;
    add_text(data, "name", options.name);
    return send_naming(cli, {options.address, "TagRun", std::move(data)}, options.envelope);
}

}  // namespace

void add_tag(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<TagOptions>();
    CliCommand sub = app.add_subcommand("tag", "Give the present point of a run a name");
    sub.add_option("resource", options->address, "RESOURCE").required();
    sub.add_option("name", options->name, "Name, unique in the run").required();
    add_envelope_options(sub, options->envelope);
    sub.footer("Example:\n  skein tag run/r1 before-price");
    sub.callback(
        [&cli, options, set] { set([&cli, options] { return tag_stream(cli, *options); }); });
}

}  // namespace skein::cli
