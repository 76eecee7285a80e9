#include "engine/domain/event.h"

#include "engine/json/patch.h"
#include "engine/json/writer.h"

namespace skein::domain {

json::Value stored_value_data(const StoredValue& value) {
    json::ObjectWriter out;
    if (const auto* plain = std::get_if<json::Value>(&value)) {
        out.member("value", *plain);
        return out.value();
    }
    const auto& reference = std::get<ValueRef>(value);
    json::ObjectWriter ref;
    ref.member_text("digest", reference.digest.hex());
    ref.member_text("path", "/" + reference.area + "/" + json::pointer_escape(reference.key));
    ref.member_text("stream", reference.stream.str());
    ref.member_number("version", reference.version.value());
    out.member_canonical("ref", ref.text());
    return out.value();
}

}  // namespace skein::domain
