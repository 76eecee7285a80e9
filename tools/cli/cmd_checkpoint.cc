#include "tools/cli/commands.h"
#include "tools/cli/sending.h"

namespace skein::cli {

namespace {

struct CheckpointOptions {
    std::string address;
    std::string name;
    std::string description;
    std::string retention;
    Envelope envelope;
};

int checkpoint_stream(Cli& cli, const CheckpointOptions& options) {
    Members data;
    add_text(data, "name", options.name);
    add_text(data, "description", options.description);
    add_text(data, "retention", options.retention);
    return send_naming(cli, {options.address, "CheckpointRun", std::move(data)}, options.envelope);
}

}  // namespace

void add_checkpoint(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<CheckpointOptions>();
    CliCommand sub =
        app.add_subcommand("checkpoint", "Name the present point of a run as a checkpoint");
    sub.add_option("resource", options->address, "RESOURCE").required();
    sub.add_option("name", options->name, "Name, unique in the run").required();
    sub.add_option("--description", options->description, "What it is good for");
    sub.add_option("--retention", options->retention,
                   "How long it is to be kept, in your own words");
    add_envelope_options(sub, options->envelope);
    sub.footer("Example:\n  skein checkpoint run/r1 plan-done --description 'the plan stands'");
    sub.callback([&cli, options, set] {
        set([&cli, options] { return checkpoint_stream(cli, *options); });
    });
}

}  // namespace skein::cli
