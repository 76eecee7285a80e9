#include "engine/codec/event_json.h"

#include <string>
#include <utility>
#include <vector>

namespace skein::codec {

namespace {

using json::Value;

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value::string(text); }

Value id_or_null(const std::optional<Uuid>& id) { return id ? Value::string(id->str()) : Value(); }

}  // namespace

Value event_json(const domain::Event& event, const Hash& hash) {
    const domain::EventMeta& meta = event.meta;
    const domain::EventType& type = event.body->type();
    std::vector<std::pair<std::string, Value>> members = {
        {"schema", Value::string("skein.event/1")},
        {"type", Value::string(type.name)},
        {"type_version", Value::unsigned_integer(type.version)},
        {"event_id", Value::string(meta.event_id.str())},
        {"stream", Value::string(meta.stream.str())},
        {"version", Value::unsigned_integer(meta.version.value())},
        {"shard", Value::unsigned_integer(meta.shard.value())},
        {"position", Value::unsigned_integer(meta.position.value())},
        {"recorded_at", Value::string(format_time(meta.recorded_at))},
        {"occurred_at", meta.occurred_at ? Value::string(format_time(*meta.occurred_at)) : Value()},
        {"actor", text_or_null(meta.actor)},
        {"reason", text_or_null(meta.reason)},
        {"command_id", Value::string(meta.command_id.str())},
        {"causation_id", id_or_null(meta.causation_id)},
        {"correlation_id", id_or_null(meta.correlation_id)},
        {"traceparent", text_or_null(meta.traceparent)},
        {"tenant", text_or_null(meta.tenant)},
        {"hash", Value::string(to_hex(hash))},
        {"data", event.body->data()},
    };
    return Value::object(std::move(members));
}

}  // namespace skein::codec
