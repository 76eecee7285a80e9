#include "engine/runtime/outcome.h"

#include <utility>

#include "engine/json/writer.h"

namespace skein::runtime {

namespace {

json::Value id_document(const std::optional<Uuid>& id) {
    return id ? json::Value::string(id->str()) : json::Value();
}

json::Value accepted_document(const Outcome& outcome) {
    std::vector<json::Value> events;
    for (const OutcomeEvent& event : outcome.events) {
        json::ObjectWriter item;
        item.member_number("position", event.position.value());
        item.member_number("shard", event.shard.value());
        item.member_text("stream", event.stream.str());
        item.member_number("version", event.version.value());
        events.push_back(item.value());
    }
    json::ObjectWriter out;
    out.member("command_id", id_document(outcome.command_id));
    out.member("duplicate", json::Value::boolean(outcome.is_duplicate));
    out.member("events", json::Value::array(events));
    out.member_text("outcome", "accepted");
    out.member_text("schema", "skein.result/1");
    return out.value();
}

json::Value rejected_document(const Outcome& outcome) {
    const domain::Rejection& rejection = *outcome.rejection;
    json::ObjectWriter out;
    out.member_text("code", rejection.code->name);
    out.member("command_id", id_document(outcome.command_id));
    out.member("context",
               rejection.context.is_object() ? rejection.context : json::Value::object({}));
    out.member_text("message", rejection.message);
    out.member_text("outcome", "rejected");
    out.member_text("schema", "skein.result/1");
    return out.value();
}

}  // namespace

Outcome rejected(std::optional<Uuid> command_id, domain::Rejection rejection) {
    Outcome outcome;
    outcome.kind = OutcomeKind::kRejected;
    outcome.command_id = command_id;
    outcome.rejection = std::move(rejection);
    return outcome;
}

Outcome unknown(const Uuid& command_id, std::string detail) {
    Outcome outcome;
    outcome.command_id = command_id;
    outcome.detail = std::move(detail);
    return outcome;
}

json::Value outcome_document(const Outcome& outcome) {
    if (outcome.kind == OutcomeKind::kAccepted) return accepted_document(outcome);
    if (outcome.kind == OutcomeKind::kRejected) return rejected_document(outcome);
    json::ObjectWriter out;
    out.member("command_id", id_document(outcome.command_id));
    out.member_text("message", outcome.detail);
    out.member_text("outcome", "unknown");
    out.member_text("schema", "skein.result/1");
    return out.value();
}

}  // namespace skein::runtime
