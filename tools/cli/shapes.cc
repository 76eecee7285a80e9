#include "tools/cli/shapes.h"

#include "engine/json/writer.h"

namespace skein::cli {

json::Value point_of(const domain::EventMeta& meta) {
    json::ObjectWriter out;
    out.member_text("event_id", meta.event_id.str());
    out.member_number("position", meta.position.value());
    out.member_text("recorded_at", format_time(meta.recorded_at));
    out.member_number("shard", meta.shard.value());
    out.member_text("stream", meta.stream.str());
    out.member_number("version", meta.version.value());
    return out.value();
}

json::Value list_document(const std::vector<json::Value>& items,
                          const std::optional<std::string>& next) {
    json::ObjectWriter out;
    out.member("items", json::Value::array(items));
    out.member("next", next ? json::Value::string(*next) : json::Value());
    out.member_text("schema", "skein.list/1");
    return out.value();
}

json::Value text_or_null(const std::string& text) {
    return text.empty() ? json::Value() : json::Value::string(text);
}

}  // namespace skein::cli
