#include "engine/codec/payload_builder.h"

#include "engine/base/check.h"

namespace skein::codec {

namespace {

constexpr std::size_t kKeptBytesMax = 1U << 20;  // of the buffer that a thread keeps

Offset<fbs::ValueRef> put_ref(Builder& builder, const domain::ValueRef& ref) {
    SKEIN_CHECK(ref.area == "variables" || ref.area == "intermediate", "no area is called {}",
                ref.area);
    const auto stream = put_name(builder, ref.stream.str());
    const auto key = put_name(builder, ref.key);
    const fbs::Digest digest(ref.digest.low, ref.digest.high);
    const auto area = ref.area == "variables" ? fbs::Area::Variables : fbs::Area::Intermediate;
    return fbs::CreateValueRef(builder, stream, ref.version.value(), area, key, &digest);
}

}  // namespace

Builder& fresh_builder() {
    thread_local Builder builder(1024);
    builder.Clear();
    return builder;
}

std::string finished_bytes(Builder& builder) {
    std::string bytes(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
    if (bytes.size() > kKeptBytesMax) builder.Reset();
    return bytes;
}

fbs::Uuid put_uuid(const Uuid& id) { return fbs::Uuid(flatbuffers::make_span(id.bytes())); }

Offset<flatbuffers::String> put_text(Builder& builder, std::string_view text) {
    if (text.empty()) return {};
    return put_name(builder, text);
}

Offset<flatbuffers::String> put_name(Builder& builder, std::string_view text) {
    return builder.CreateString(text.data(), text.size());
}

Offset<fbs::Value> put_value(Builder& builder, const json::Value& value) {
    std::string joined;
    std::optional<std::string_view> flat = value.flat();
    if (!flat) {
        joined = value.text();
        flat = joined;
    }
    const auto bytes =
        builder.CreateVector(reinterpret_cast<const std::uint8_t*>(flat->data()), flat->size());
    return fbs::CreateValue(builder, 0, bytes);
}

Offset<fbs::Value> put_unless_null(Builder& builder, const json::Value& value) {
    if (value.is_null()) return {};
    return put_value(builder, value);
}

Offset<fbs::Value> put_given(Builder& builder, const std::optional<json::Value>& value) {
    if (!value) return {};
    return put_value(builder, *value);
}

Offset<fbs::StoredValue> put_stored(Builder& builder, const domain::StoredValue& value) {
    if (const auto* ref = std::get_if<domain::ValueRef>(&value)) {
        const auto offset = put_ref(builder, *ref);
        return fbs::CreateStoredValue(builder, {}, offset);
    }
    const auto offset = put_value(builder, std::get<json::Value>(value));
    return fbs::CreateStoredValue(builder, offset);
}

Offset<fbs::StoredValue> put_stored(Builder& builder,
                                    const std::optional<domain::StoredValue>& value) {
    if (!value) return {};
    return put_stored(builder, *value);
}

}  // namespace skein::codec
