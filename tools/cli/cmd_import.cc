#include <fmt/format.h>

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/base/fault_codes.h"
#include "engine/json/writer.h"
#include "tools/cli/bundles.h"
#include "tools/cli/commands.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/pipeline.h"
#include "tools/cli/progress.h"
#include "tools/cli/sending.h"
#include "tools/cli/text_output.h"
#include "tools/import/importer.h"

namespace skein::cli {

namespace {

constexpr const char* kBundle = "bundle";

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
    std::uint64_t unknown = 0;  // whether they stand is not known
    int exit = kOk;             // of the answers
    std::uint64_t problems = 0;
    std::uint64_t absent = 0;  // paths with nothing to import
};

using import::Next;

// Commands into the pipeline, with the place of each kept until its answer comes.
class SendingSink final : public import::CommandSink {
 public:
    SendingSink(Cli& cli, import::FileLayout layout, OnRejection on_rejection, Totals& totals)
        : cli_(&cli),
          layout_(layout),
          on_rejection_(on_rejection),
          totals_(&totals),
          progress_(cli, "commands", "") {}

    Next put(json::Value command, const import::SourcePlace& place) override {
        if (is_interrupted()) return Next::kStop;
        if (!pipeline_ && !begin(command, place))
            return on_rejection_ == OnRejection::kStop ? Next::kStop : Next::kContinue;
        {
            const std::lock_guard lock(mutex_);
            places_.push_back(sent_from(command, place));
            progress_.show("importing", ++sent_, 0);
        }
        return pipeline_->put(command) ? Next::kContinue : Next::kStop;
    }
    void finish() {
        if (pipeline_) pipeline_->finish();
        progress_.clear();
    }

 private:
    struct Sent {
        std::string place;
        std::string swarm;
        std::string namesake;  // another file, of which a swarm of this name was made before
    };
    // The name of a document names its swarm; a file of lines may write to many.
    Sent sent_from(const json::Value& command, const import::SourcePlace& place) {
        Sent sent{import::to_string(place), {}, {}};
        if (layout_ == import::FileLayout::kLines) return sent;
        sent.swarm =
            command.find("swarm").value_or(json::Value()).as_string().value_or(std::string());
        const auto [first, is_new] = files_.try_emplace(sent.swarm, place.file);
        if (!is_new && first->second != place.file) sent.namesake = first->second;
        return sent;
    }

    // The store is opened, and so made, for the first command that can be read as one.
    bool begin(const json::Value& command, const import::SourcePlace& place) {
        if (auto refused = refusal_of(*cli_, command)) {
            places_.push_back(sent_from(command, place));
            count(*refused);
            return false;
        }
        Store& store = cli_->open(OpenMode::kCreate, Projecting::kLive);
        pipeline_.emplace(store, on_rejection_, [this](const Outcome& outcome) { count(outcome); });
        return true;
    }
    void count(const Outcome& outcome) {
        const std::lock_guard lock(mutex_);
        const Sent sent = std::move(places_.front());
        places_.pop_front();
        ++totals_->commands;
        if (outcome.kind == OutcomeKind::kAccepted) {
            totals_->duplicates += outcome.is_duplicate ? 1 : 0;
            totals_->events += outcome.is_duplicate ? 0 : outcome.events.size();
            return;
        }
        ++(outcome.rejection ? totals_->rejected : totals_->unknown);
        totals_->exit = exit_after(totals_->exit, outcome, on_rejection_);
        progress_.clear();
        tell(sent, outcome);
    }
    void tell(const Sent& sent, const Outcome& outcome) const {
        const std::string why =
            outcome.rejection
                ? fmt::format("{} ({})", outcome.rejection->message, outcome.rejection->code->name)
                : "no answer in time: " + outcome.detail;
        cli_->err() << "error: " << sent.place << ": " << why << '\n';
        if (outcome.rejection && !sent.namesake.empty())
            cli_->err() << fmt::format("cause: {} is swarm/{} as well\n", sent.namesake,
                                       printable(sent.swarm))
                        << "next:  Rename one of the two where they are not parts of one trace; "
                           "in names, what an id cannot hold becomes `-`.\n";
        const bool may_pass = exit_of(outcome) == kUnavailable || !outcome.rejection;
        if (!may_pass) return;
        std::string first;
        if (outcome.rejection) first = fmt::format("{} ", outcome.rejection->code->remedy);
        if (outcome.cause == &fault_codes::kDiskFull) first = "Free space on the disk. ";
        cli_->err() << "next:  " << first
                    << "Import the same again: what is there already is left as it is.\n";
    }

    Cli* cli_;
    const import::FileLayout layout_;
    const OnRejection on_rejection_;
    Totals* totals_;
    std::mutex mutex_;  // guards what follows, and stderr
    std::deque<Sent> places_;
    std::map<std::string, std::string> files_;  // the first one of each swarm; of documents alone
    Progress progress_;
    std::uint64_t sent_ = 0;
    std::optional<Pipeline> pipeline_;  // the last member: it ends before what its callback uses
};

class ReportingSink final : public import::ProblemSink {
 public:
    ReportingSink(Cli& cli, bool goes_on, Totals& totals)
        : cli_(&cli), goes_on_(goes_on), totals_(&totals) {}

    Next report(const import::Problem& problem) override {
        const bool is_absent = problem.kind == import::ProblemKind::kAbsent;
        ++(is_absent ? totals_->absent : totals_->problems);
        const std::string what = import::to_string(problem.place) + ": " + problem.reason;
        if (is_absent)
            cli_->refuse_absent(what, "Check the path; `skein import --help` shows what it takes.");
        else
            cli_->refuse_usage(kBrokenRecord, what);
        if (goes_on_) return Next::kContinue;
        return Next::kStop;
    }

 private:
    Cli* cli_;
    const bool goes_on_;
    Totals* totals_;
};

void print_totals(Cli& cli, const Totals& totals) {
    if (cli.format() == Format::kText) {
        cli.out() << fmt::format("{} commands: {} events, {} seen before, {} rejected\n",
                                 totals.commands, totals.events, totals.duplicates,
                                 totals.rejected);
    } else {
        json::ObjectWriter out;
        out.member_number("commands", totals.commands);
        out.member_number("duplicates", totals.duplicates);
        out.member_number("events", totals.events);
        out.member_number("problems", totals.problems + totals.absent);
        out.member_number("rejected", totals.rejected);
        out.member_text("schema", "skein.import/1");
        out.member_number("unknown", totals.unknown);
        cli.print(out.value());
    }
    if (totals.unknown > 0)
        cli.err() << "of " << totals.unknown << " commands it is not known whether they stand\n";
    if (totals.problems > 0) cli.err() << totals.problems << " records could not be read\n";
}

int import_bundle_at(Cli& cli, const ImportOptions& options) {
    if (options.paths.size() != 1 || options.goes_on)
        return cli.refuse_usage("a bundle is imported alone, and as a whole",
                                "Type `skein --data NEW import bundle FILE`.");
    return import_from_bundle(cli, options.paths.front());
}

int import_all(Cli& cli, const ImportOptions& options) {
    if (options.format == kBundle) return import_bundle_at(cli, options);
    catch_interrupts();
    const import::Importer* importer = import::find_importer(options.format);
    Totals totals;
    SendingSink commands(cli, importer->layout(),
                         options.goes_on ? OnRejection::kContinue : OnRejection::kStop, totals);
    ReportingSink problems(cli, options.goes_on, totals);
    for (const std::string& path : options.paths) {
        const Next next = import::import_path(*importer, path, {commands, problems});
        if (next == Next::kStop) break;
    }
    commands.finish();
    print_totals(cli, totals);
    if (is_interrupted()) {
        cli.err() << "interrupted; what was counted is durable\n"
                     "next:  Import the same again: what is there already is left as it is.\n";
        return kInterrupted;
    }
    if (totals.exit != kOk) return totals.exit;
    if (totals.problems > 0) return kRejected;
    return totals.absent > 0 ? kNotFound : kOk;
}

std::vector<std::string> format_names() {
    const auto formats = import::formats();
    std::vector<std::string> names(formats.begin(), formats.end());
    names.emplace_back(kBundle);
    return names;
}

}  // namespace

void add_import(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<ImportOptions>();
    CliCommand sub = app.add_subcommand("import", "Import traces of other systems, or a bundle");
    sub.add_option("format", options->format, "What the files are")
        .required()
        .one_of(format_names());
    sub.add_option("paths", options->paths, "Files or folders").required();
    sub.add_flag("--continue", options->goes_on, "Go on after broken records and rejections");
    sub.footer(
        "Importing the same traces twice changes nothing: ids derive from the content. A bundle "
        "(of `skein\nexport --bundle`) is a whole store: it is moved to a new --data or an empty "
        "--pg, all or nothing.\n"
        "Examples:\n  skein import tau-bench trajectories.jsonl\n"
        "  skein --pg postgresql://skein@db/skein import bundle all.bundle");
    sub.callback(
        [&cli, options, set] { set([&cli, options] { return import_all(cli, *options); }); });
}

}  // namespace skein::cli
