#include "tools/cli/sending.h"

#include <fmt/format.h>

#include <map>

#include "engine/base/fault_codes.h"
#include "engine/domain/kind.h"
#include "engine/json/writer.h"
#include "tools/cli/environment.h"
#include "tools/cli/reading.h"

namespace skein::cli {

void add_envelope_options(CliCommand sub, Envelope& envelope) {
    sub.add_option("--command-id", envelope.command_id,
                   "Idempotency key (UUID); one is made where absent");
    sub.add_option("--actor", envelope.actor, "Who does it");
    sub.add_option("--reason", envelope.reason, "Why");
    sub.add_option("--ack", envelope.ack, "Answer when in the log, or in the view")
        .one_of({"log", "view"});
}

void add_text(Members& members, std::string_view name, const std::string& text) {
    if (!text.empty()) members.emplace_back(name, json::Value::string(text));
}

void add_envelope(Members& members, const Envelope& envelope) {
    add_text(members, "command_id", envelope.command_id);
    add_text(members, "actor", envelope.actor);
    add_text(members, "reason", envelope.reason);
    add_text(members, "ack", envelope.ack);
}

std::optional<Outcome> refusal_of(Cli& cli, const json::Value& command) {
    SystemRandom random;
    auto parsed =
        domain::parse_command(command, cli.registry(), limits_from_environment(), random.uuid());
    if (parsed) return std::nullopt;
    const auto id = command.is_object() ? command.find("command_id") : std::nullopt;
    const auto text = id ? id->as_string() : std::nullopt;
    return runtime::rejected(text ? Uuid::parse(*text) : std::nullopt, std::move(parsed.error()));
}

int exit_of(const Outcome& outcome) {
    if (outcome.kind == OutcomeKind::kAccepted) return kOk;
    if (outcome.kind == OutcomeKind::kUnknown) return kTimeout;
    return domain::exit_code(*outcome.rejection->code);
}

int exit_after(int exit, const Outcome& outcome, OnRejection on_rejection) {
    if (outcome.kind == OutcomeKind::kAccepted) return exit;
    const bool is_part = on_rejection == OnRejection::kContinue && outcome.rejection;
    return is_part ? static_cast<int>(kRejected) : exit_of(outcome);
}

namespace {

void tell_unknown(std::ostream& err, const Outcome& outcome) {
    const bool is_full = outcome.cause == &fault_codes::kDiskFull;
    err << "error: no answer in time: " << outcome.detail << '\n';
    if (is_full)
        err << "cause: The disk has no space left; whether this command was written is not "
               "known.\n";
    err << fmt::format(
        "next:  {} it again with --command-id {}, or its file again: what has a command_id is "
        "not done twice.\n",
        is_full ? "Free space, then send" : "Send",
        outcome.command_id ? outcome.command_id->str() : "ID");
}

}  // namespace

int report(Cli& cli, const Outcome& outcome) {
    cli.print(runtime::outcome_document(outcome));
    if (outcome.kind == OutcomeKind::kRejected) cli.refuse(*outcome.rejection);
    if (outcome.kind == OutcomeKind::kUnknown) tell_unknown(cli.err(), outcome);
    return exit_of(outcome);
}

namespace {

// The result of a dry run: the versions that the events would have now, and no positions.
json::Value preview_document(Store& store, const Outcome& outcome) {
    std::map<std::string, Version> versions;
    std::vector<json::Value> events;
    for (const runtime::OutcomeEvent& event : outcome.events) {
        const auto [place, is_first] = versions.try_emplace(event.stream.str());
        if (is_first) place->second = store.log().stream_head(event.stream);
        place->second = place->second.next();
        json::ObjectWriter item;
        item.member_null("position");
        item.member_number("shard", event.shard.value());
        item.member_text("stream", event.stream.str());
        item.member_number("version", place->second.value());
        events.push_back(item.value());
    }
    auto members = runtime::outcome_document(outcome).members();
    for (auto& [name, value] : members) {
        if (name == "events") value = json::Value::array(events);
    }
    return json::Value::object(std::move(members));
}

}  // namespace

int send_command(Cli& cli, Store& store, Members members, SendMode mode) {
    const json::Value command = json::Value::object(std::move(members));
    if (mode == SendMode::kDo) return report(cli, store.submit(command));
    const Outcome outcome = store.preview(command).outcome;
    if (outcome.kind != OutcomeKind::kAccepted || outcome.is_duplicate) return report(cli, outcome);
    cli.print(preview_document(store, outcome));
    return kOk;
}

int send_naming(Cli& cli, Naming naming, const Envelope& envelope) {
    Store& store = cli.open(OpenMode::kMustExist);
    const auto located = locate(store, naming.address);
    if (!located) return cli.refuse(located.error());
    if (located->address.point)
        return cli.refuse_usage("it is the present point that gets the name",
                                "Leave out @POINT; a name for the past: fork it there.");
    Members members = address_of(located->resource.stream);
    members.emplace_back("type", json::Value::string(naming.type));
    members.emplace_back("data", json::Value::object(std::move(naming.data)));
    add_envelope(members, envelope);
    return send_command(cli, store, std::move(members));
}

Members address_of(const Stream& stream) {
    Members members;
    std::string_view rest = stream.str();
    while (!rest.empty()) {
        const std::string_view name = rest.substr(0, rest.find('/'));
        rest.remove_prefix(std::min(rest.size(), name.size() + 1));
        const std::string_view id = rest.substr(0, rest.find('/'));
        rest.remove_prefix(std::min(rest.size(), id.size() + 1));
        members.emplace_back(name, json::Value::string(id));
    }
    return members;
}

std::string point_text(const std::string& address) {
    const std::size_t at = address.find('@');
    return at == std::string::npos ? "@head" : address.substr(at);
}

}  // namespace skein::cli
