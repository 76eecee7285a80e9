#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "engine/domain/command_text.h"
#include "engine/domain/kind.h"
#include "engine/json/parse.h"
#include "engine/json/writer.h"
#include "tools/cli/bounded_input.h"
#include "tools/cli/commands.h"
#include "tools/cli/environment.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/pipeline.h"
#include "tools/cli/sending.h"

namespace skein::cli {

namespace {

constexpr const char* kStandardInput = "standard input";

struct SendOptions {
    std::string type;
    std::map<std::string, std::string> address;  // by segment: {"swarm":"s1","run":"r1"}
    std::string data = "{}";
    std::string expect;
    std::string file;
    Envelope envelope;
    bool goes_on = false;
    bool is_dry_run = false;
};

// "@file" is the file's text, "-" standard input; anything else is the text itself.
Result<std::string, InputProblem> text_of(Cli& cli, const std::string& argument,
                                          std::size_t bytes_max) {
    if (argument == "-") return read_all(cli.io().in, bytes_max);
    if (!argument.starts_with('@')) return argument;
    std::ifstream in(argument.substr(1), std::ios::binary);
    if (!in) return fail(InputProblem::kUnreadable);
    return read_all(in, bytes_max);
}

int refuse_input(Cli& cli, const std::string& name) {
    return cli.refuse_usage(kUnreadableInput, fmt::format("cannot read {}", name),
                            name == kStandardInput
                                ? "Give it a file or a pipe, as in `skein send ... < FILE`."
                                : "Check the path after @.");
}

// The data of a command; what stands instead of it otherwise is told, and the exit code returned.
Result<json::Value, int> data_of(Cli& cli, const SendOptions& options) {
    const domain::Limits limits = limits_from_environment();
    const auto refuse = [&](domain::Rejection rejection) {
        return fail(report(cli, runtime::rejected(Uuid::parse(options.envelope.command_id),
                                                  std::move(rejection))));
    };
    const auto text = text_of(cli, options.data, domain::command_bytes_max(limits));
    if (!text) {
        if (text.error() == InputProblem::kTooLong) return refuse(domain::too_large("-d", limits));
        return fail(
            refuse_input(cli, options.data == "-" ? kStandardInput : options.data.substr(1)));
    }
    auto data = json::parse(*text, domain::text_limits(limits));
    if (data) return *data;
    const std::string where =
        fmt::format("-d is {}: line {}, column {}",
                    data.error().problem == json::ParseProblem::kNotJson ? "not JSON" : "refused",
                    data.error().line, data.error().column);
    return refuse(domain::unreadable(data.error(), where, limits));
}

int send_one(Cli& cli, const SendOptions& options) {
    const auto data = data_of(cli, options);
    if (!data) return data.error();
    Members members{{"type", json::Value::string(options.type)}, {"data", *data}};
    for (const auto& [segment, id] : options.address) add_text(members, segment, id);
    add_envelope(members, options.envelope);
    if (!options.expect.empty()) {
        auto expected = json::parse(options.expect);
        members.emplace_back("expected_version",
                             expected ? *expected : json::Value::string(options.expect));
    }
    if (!options.is_dry_run) {
        if (const auto refused = refusal_of(cli, json::Value::object(Members(members))))
            return report(cli, *refused);
    }
    // A dry run only reads: it makes no store.
    if (options.is_dry_run)
        return send_command(cli, cli.open(OpenMode::kMustExist), std::move(members),
                            SendMode::kDryRun);
    return send_command(cli, cli.open(OpenMode::kCreate), std::move(members));
}

class FileSender {
 public:
    FileSender(Cli& cli, const SendOptions& options)
        : cli_(&cli),
          on_rejection_(options.goes_on ? OnRejection::kContinue : OnRejection::kStop),
          file_(options.file == "-" ? kStandardInput : options.file) {}

    int send(std::istream& in) {
        catch_interrupts();
        // A store that there is may be locked: that is known at once.
        if (std::filesystem::exists(std::filesystem::path(cli_->data) / "log")) begin();
        const std::size_t bytes_max = domain::command_bytes_max(limits_);
        std::uint64_t number = 0;
        for (std::string line; !is_output_lost_ && wait_for_input(in);) {
            const LineRead read = read_line(in, line, bytes_max);
            if (read == LineRead::kEnd) break;
            ++number;
            if (read == LineRead::kTooLong) {
                const std::string where = fmt::format("{}, line {}", file_, number);
                // What follows in the line may have no end.
                if (!refuse(domain::too_large(where, limits_)) || !goes_on()) break;
                skip_line(in);
                continue;
            }
            if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
            if (!send_line(line, number)) break;
        }
        if (pipeline_) pipeline_->finish();
        if (in.bad() && exit_ == kOk) return refuse_input(*cli_, file_);
        if (!is_interrupted() || exit_ != kOk) return exit_;
        cli_->err() << fmt::format(
            "interrupted after {} commands, all of them durable\n"
            "next:  Send the rest; commands with a command_id may be sent again.\n",
            accepted_);
        return kInterrupted;
    }

 private:
    bool goes_on() const { return on_rejection_ == OnRejection::kContinue; }

    void begin() {
        Store& store = cli_->open(OpenMode::kCreate, Projecting::kLive);
        pipeline_.emplace(store, on_rejection_, [this](const Outcome& outcome) { tell(outcome); });
    }

    // The answer to a line that is no command, in its turn. False where the rest is not sent.
    bool refuse(domain::Rejection rejection) {
        if (pipeline_) return pipeline_->put_refused(std::move(rejection));
        tell(runtime::rejected(std::nullopt, std::move(rejection)));
        return goes_on();
    }

    // False where the rest is not sent.
    bool send_line(std::string_view line, std::uint64_t number) {
        auto command = json::parse(line, domain::text_limits(limits_));
        if (!command)
            return refuse(domain::unreadable(
                command.error(),
                fmt::format("{}, line {}, column {}", file_, number, command.error().column),
                limits_));
        if (!pipeline_) {
            // The store is made for the first command that can be read as one.
            if (const auto refused = refusal_of(*cli_, *command)) {
                tell(*refused);
                return goes_on();
            }
            begin();
        }
        return pipeline_->put(*command);
    }

    void tell(const Outcome& outcome) {
        const int exit = report(*cli_, outcome);
        cli_->out().flush();
        if (!cli_->out().good()) is_output_lost_ = true;
        if (exit == kOk) ++accepted_;
        exit_ = exit_after(exit_, outcome, on_rejection_);
    }

    Cli* cli_;
    const OnRejection on_rejection_;
    const std::string file_;  // as messages call it
    const domain::Limits limits_ = limits_from_environment();
    int exit_ = kOk;
    std::uint64_t accepted_ = 0;
    std::atomic<bool> is_output_lost_{false};  // results go nowhere: nothing more is sent
    std::optional<Pipeline> pipeline_;  // the last member: it ends before what its callback uses
};

int send_file(Cli& cli, const SendOptions& options) {
    FileSender sender(cli, options);
    if (options.file == "-") return sender.send(cli.io().in);
    std::ifstream file(options.file);
    if (!file || std::filesystem::is_directory(options.file))
        return cli.refuse_usage(kUnreadableInput, fmt::format("cannot read {}", options.file),
                                "Check the path, or use -f - for standard input.");
    return sender.send(file);
}

// What a store that cannot be opened answers, as a result line like that of any other refusal.
json::Value refusal_document(const Fault& fault, const std::string& command_id) {
    json::ObjectWriter out;
    out.member_text("code", fault.code().name);
    const auto id = Uuid::parse(command_id);
    out.member("command_id", id ? json::Value::string(id->str()) : json::Value());
    out.member("context", json::Value::object({}));
    out.member_text("message", fault.what());
    out.member_text("outcome", "rejected");
    out.member_text("schema", "skein.result/1");
    return out.value();
}

int send(Cli& cli, const SendOptions& options) {
    if (options.file.empty() && options.type.empty())
        return cli.refuse_usage("a command type or -f FILE is needed",
                                "Try `skein send CreateSwarm --swarm s1`.");
    if (!options.file.empty() && (!options.type.empty() || options.is_dry_run))
        return cli.refuse_usage("-f takes whole commands from the file",
                                "Leave the type and --dry-run out, or leave -f out.");
    try {
        return options.file.empty() ? send_one(cli, options) : send_file(cli, options);
    } catch (const Fault& fault) {
        cli.print(refusal_document(fault, options.envelope.command_id));
        throw;
    }
}

// An option for each part of an address, whatever kinds there are: --swarm, --run.
void add_address_options(CliCommand sub, const domain::Registry& registry,
                         std::map<std::string, std::string>& address) {
    for (const domain::Kind& kind : registry.kinds()) {
        for (const std::string_view segment : kind.segments) {
            const auto [place, is_new] = address.try_emplace(std::string(segment));
            if (!is_new) continue;
            sub.add_option("--" + place->first, place->second,
                           fmt::format("Id of the {} that the command is for", segment));
        }
    }
}

// The types that there are, for the help.
std::string types_of(const domain::Registry& registry) {
    std::string text = "Types:\n";
    for (const domain::Kind& kind : registry.kinds()) {
        for (const domain::CommandSpec& command : kind.commands)
            text += fmt::format("  {:<16} {}\n", command.type, command.summary);
    }
    return text +
           "\nExamples:\n  skein send CreateSwarm --swarm s1 -d '{\"goal\":\"plan a trip\"}'\n"
           "  skein send -f commands.jsonl --continue\n\n"
           "Limits: one value may have 1 MiB, one event 4 MiB, what one variable accumulates 64 "
           "MiB,\n"
           "and the text of one command an event and 64 KiB. The environment makes them wider, as\n"
           "bytes or with KiB, MiB, GiB: SKEIN_LIMITS__VALUE_BYTES=64MiB,\n"
           "SKEIN_LIMITS__EVENT_BYTES=128MiB, SKEIN_LIMITS__VARIABLE_BYTES=1GiB,\n"
           "SKEIN_LIMITS__COMMAND_BYTES=256MiB.";
}

}  // namespace

void add_send(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<SendOptions>();
    CliCommand sub = app.add_subcommand("send", "Send one command, or a file of commands");
    sub.add_option("type", options->type, "Type of the command, like StartRun");
    add_address_options(sub, cli.registry(), options->address);
    sub.add_option("-d", options->data, "Data as JSON, @FILE or -").with_default();
    sub.add_option("--expect", options->expect,
                   "Expected version of the stream; 0: must not exist");
    add_envelope_options(sub, options->envelope);
    sub.add_option("-f,--file", options->file,
                   "Commands, one JSON object a line; - is standard input");
    sub.add_flag("--continue", options->goes_on, "With -f: go on after rejections");
    sub.add_flag("--dry-run", options->is_dry_run, "Say what would happen, append nothing");
    sub.footer(types_of(cli.registry()));
    sub.callback([&cli, options, set] { set([&cli, options] { return send(cli, *options); }); });
}

}  // namespace skein::cli
