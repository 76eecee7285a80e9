#include <fmt/format.h>

#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/pipeline.h"
#include "tools/import/importer.h"

namespace skein::cli {

namespace {

struct ImportOptions {
    std::string format;
    std::vector<std::string> paths;
    bool goes_on = false;
};

struct Totals {
    std::uint64_t commands = 0;
    std::uint64_t events = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t rejected = 0;
    std::uint64_t problems = 0;
};

// Commands into the pipeline, with the place of each kept until its answer comes.
class SendingSink final : public import::CommandSink {
 public:
    SendingSink(Cli& cli, Store& store, OnRejection on_rejection, Totals& totals)
        : cli_(&cli),
          totals_(&totals),
          pipeline_(store, on_rejection, [this](const Outcome& outcome) { count(outcome); }) {}

    import::Next put(json::Value command, const import::SourcePlace& place) override {
        { const std::lock_guard lock(mutex_);
    places_.push_back(import::to_string(place));
} return pipeline_.put(command.text()) ? import::Next::kContinue : import::Next::kStop;
}  // namespace
void finish() { pipeline_.finish(); }

private:
void count(const Outcome& outcome) {
    std::string place;
    {
        const std::lock_guard lock(mutex_);
        place = std::move(places_.front());
        places_.pop_front();
    }
    ++totals_->commands;
    if (outcome.kind == OutcomeKind::kAccepted) {
        if (outcome.is_duplicate) ++totals_->duplicates;
        if (!outcome.is_duplicate) totals_->events += outcome.events.size();
        return;
    }
    ++totals_->rejected;
    const std::string why = outcome.rejection ? fmt::format("{} ({})", outcome.rejection->message,
                                                            outcome.rejection->code->name)
                                              : outcome.detail;
    cli_->err() << "error: " << place << ": " << why << '\n';
}

Cli* cli_;
Totals* totals_;
std::mutex mutex_;  // guards places_
std::deque<std::string> places_;
Pipeline pipeline_;
};  // namespace skein::cli

class ReportingSink final : public import::ProblemSink {
 public:
    ReportingSink(Cli& cli, bool goes_on, Totals& totals)
        : cli_(&cli), goes_on_(goes_on), totals_(&totals) {}
    import::Next report(const import::Problem& problem) override { ++totals_->problems;
    cli_->err() << "error: " << import::to_string(problem.place) << ": " << problem.reason << '\n';
    if (!goes_on_) cli_->err() << "next:  --continue goes on with the records that can be read.\n";
    return goes_on_ ? import::Next::kContinue : import::Next::kStop;
}

private : Cli* cli_;
const bool goes_on_;
Totals* totals_;
}
;

int import_all(Cli& cli, const ImportOptions& options) {
    const import::Importer* importer = import::find_importer(options.format);
    if (importer == nullptr) {
        std::vector<std::string_view> formats = import::formats();
        const std::string_view near = domain::nearest(options.format, formats);
        return cli.refuse_usage(fmt::format("there is no format \"{}\"", options.format),
                                near.empty()
                                    ? fmt::format("Formats: {}", fmt::join(formats, ", "))
                                    : fmt::format("did you mean `skein import {}`?", near));
    }
    Store& store = cli.open(OpenMode::kCreate, Projecting::kLive);
    Totals totals;
    SendingSink commands(cli, store, options.goes_on ? OnRejection::kContinue : OnRejection::kStop,
                         totals);
    ReportingSink problems(cli, options.goes_on, totals);
    for (const std::string& path : options.paths) {
        if (import::import_path(*importer, path, {commands, problems}) == import::Next::kStop)
            break;
    }
    commands.finish();
    store.views().catch_up();
    cli.err() << fmt::format(
        "{} commands: {} events, {} seen before, {} rejected; {} broken records\n", totals.commands,
        totals.events, totals.duplicates, totals.rejected, totals.problems);
    return totals.rejected + totals.problems == 0 ? kOk : kRejected;
}

}  // namespace

void add_import(CLI::App& app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<ImportOptions>();
    CLI::App* sub = app.add_subcommand("import", "Import traces of other systems");
    sub->add_option("format", options->format,
                    fmt::format("One of {}", fmt::join(import::formats(), ", ")))
        ->required();
    sub->add_option("paths", options->paths, "Files or folders")->required();
    sub->add_flag("--continue", options->goes_on, "Go on after broken records and rejections");
    sub->callback(
        [&cli, options, set] { set([&cli, options] { return import_all(cli, *options); }); });
}

}  // namespace skein::cli
