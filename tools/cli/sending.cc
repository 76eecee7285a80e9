#include "tools/cli/sending.h"

#include <fmt/format.h>

#include "tools/cli/choices.h"

namespace skein::cli {

void add_envelope_options(CLI::App& sub, Envelope& envelope) {
    sub.add_option("--command-id", envelope.command_id,
                   "Idempotency key (UUID); one is made where absent");
    sub.add_option("--actor", envelope.actor, "Who does it");
    sub.add_option("--reason", envelope.reason, "Why");
    sub.add_option("--ack", envelope.ack, "Answer when in the log, or in the view")
        ->check(one_of({"log", "view"}));
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

int exit_of(const Outcome& outcome) {
    if (outcome.kind == OutcomeKind::kAccepted) return kOk;
    if (outcome.kind == OutcomeKind::kUnknown) return kTimeout;
    return domain::exit_code(*outcome.rejection->code);
}

int report(Cli& cli, const Outcome& outcome) {
    cli.print(runtime::outcome_document(outcome));
    if (outcome.kind == OutcomeKind::kRejected) cli.refuse(*outcome.rejection);
    if (outcome.kind == OutcomeKind::kUnknown)
        cli.err() << "error: no answer in time: " << outcome.detail << '\n'
                  << "next:  Send it again with --command-id "
                  << (outcome.command_id ? outcome.command_id->str() : "ID") << ".\n";
    return exit_of(outcome);
}

int send_command(Cli& cli, Store& store, Members members, SendMode mode) {
    const json::Value command = json::Value::object(std::move(members));
    return report(
        cli, mode == SendMode::kDryRun ? store.preview(command).outcome : store.submit(command));
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
