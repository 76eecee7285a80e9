#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "engine/json/parse.h"
#include "tools/cli/commands.h"
#include "tools/cli/pipeline.h"

namespace skein::cli {

namespace {

struct SendOptions {
    std::string type;
    std::string swarm;
    std::string run;
    std::string data = "{}";
    std::string command_id;
    std::string expect;
    std::string actor;
    std::string reason;
    std::string ack;
    std::string file;
    bool goes_on = false;
    bool is_dry_run = false;
};

// "@file" is the file's text, "-" standard input; anything else is the text itself.
std::optional<std::string> text_of(Cli& cli, const std::string& argument) {
    if (argument == "-") return std::string(std::istreambuf_iterator<char>(cli.io().in), {});
    if (!argument.starts_with('@')) return argument;
    std::ifstream in(argument.substr(1));
    if (!in) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

void add_text(std::vector<std::pair<std::string, json::Value>>& members, std::string_view name,
              const std::string& text) {
    if (!text.empty()) members.emplace_back(name, json::Value::string(text));
}

int exit_of(const Outcome& outcome) {
    if (outcome.kind == OutcomeKind::kAccepted) return kOk;
    if (outcome.kind == OutcomeKind::kUnknown) return kTimeout;
    return domain::exit_code(*outcome.rejection->code);
}

int send_one(Cli& cli, const SendOptions& options) {
    const std::optional<std::string> text = text_of(cli, options.data);
    if (!text)
        return cli.refuse_usage(fmt::format("cannot read {}", options.data.substr(1)),
                                "Check the path after @.");
    auto data = json::parse(*text);
    if (!data)
        return cli.refuse_usage(
            fmt::format("-d is not JSON: line {}, column {}: {}", data.error().line,
                        data.error().column, data.error().message),
            "Quote it for your shell, like -d '{\"goal\":\"x\"}'.");
    std::vector<std::pair<std::string, json::Value>> members{
        {"type", json::Value::string(options.type)}, {"data", *data}};
    add_text(members, "swarm", options.swarm);
    add_text(members, "run", options.run);
    add_text(members, "command_id", options.command_id);
    add_text(members, "actor", options.actor);
    add_text(members, "reason", options.reason);
    add_text(members, "ack", options.ack);
    if (!options.expect.empty()) {
        auto expected = json::parse(options.expect);
        members.emplace_back("expected_version",
                             expected ? *expected : json::Value::string(options.expect));
    }
    const json::Value command = json::Value::object(std::move(members));
    Store& store = cli.open(OpenMode::kCreate);
    const Outcome outcome =
        options.is_dry_run ? store.preview(command).outcome : store.submit(command);
    cli.print(runtime::outcome_document(outcome));
    if (outcome.kind == OutcomeKind::kRejected) cli.refuse(*outcome.rejection);
    return exit_of(outcome);
}

int send_file(Cli& cli, const SendOptions& options) {
    std::ifstream file;
    if (options.file != "-") {
        file.open(options.file);
        if (!file)
            return cli.refuse_usage(fmt::format("cannot read {}", options.file),
                                    "Check the path, or use -f - for standard input.");
    }
    std::istream& in = options.file == "-" ? cli.io().in : file;
    Store& store = cli.open(OpenMode::kCreate, Projecting::kLive);
    int exit = kOk;
    Pipeline pipeline(store, options.goes_on ? OnRejection::kContinue : OnRejection::kStop,
                      [&](const Outcome& outcome) {
                          cli.print(runtime::outcome_document(outcome));
                          cli.out().flush();
                          if (outcome.kind == OutcomeKind::kAccepted) return;
                          if (outcome.rejection) cli.refuse(*outcome.rejection);
                          exit =
                              options.goes_on && outcome.rejection ? kRejected : exit_of(outcome);
                      });
    for (std::string line; std::getline(in, line);) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        if (!pipeline.put(std::move(line))) break;
    }
    pipeline.finish();
    return exit;
}

}  // namespace

void add_send(CLI::App& app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<SendOptions>();
    CLI::App* sub = app.add_subcommand("send", "Send one command, or a file of commands");
    sub->add_option("type", options->type, "Type of the command, like StartRun");
    sub->add_option("--swarm", options->swarm, "Swarm that the command is for");
    sub->add_option("--run", options->run, "Run that the command is for");
    sub->add_option("-d,--data-json", options->data, "Data as JSON, @FILE or -")
        ->capture_default_str();
    sub->add_option("--command-id", options->command_id,
                    "Idempotency key (UUID); one is made where absent");
    sub->add_option("--expect", options->expect,
                    "Expected version of the stream; 0: must not exist");
    sub->add_option("--actor", options->actor, "Who does it");
    sub->add_option("--reason", options->reason, "Why");
    sub->add_option("--ack", options->ack, "Answer when in the log, or in the view")
        ->check(CLI::IsMember({"log", "view"}));
    sub->add_option("-f,--file", options->file,
                    "Commands, one JSON object a line; - is standard input");
    sub->add_flag("--continue", options->goes_on, "With -f: go on after rejections");
    sub->add_flag("--dry-run", options->is_dry_run, "Say what would happen, append nothing");
    sub->callback([&cli, options, set] {
        set([&cli, options] {
            if (!options->file.empty()) return send_file(cli, *options);
            if (options->type.empty())
                return cli.refuse_usage("a command type or -f FILE is needed",
                                        "Try `skein send CreateSwarm --swarm s1`.");
            return send_one(cli, *options);
        });
    });
}

}  // namespace skein::cli
