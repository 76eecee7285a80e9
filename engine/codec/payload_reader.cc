#include "engine/codec/payload_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "engine/codec/quick_canonical.h"

namespace skein::codec {

namespace {

constexpr std::int64_t kFirstTimeUs = -62'167'219'200'000'000;  // 0000-01-01T00:00:00Z
constexpr std::int64_t kLastTimeUs = 253'402'300'799'999'999;   // 9999-12-31T23:59:59.999999Z
constexpr std::size_t kFrameBytes = 8;  // a slot and a length: what every text and value costs

std::string_view view_of(const flatbuffers::String& text) { return {text.c_str(), text.size()}; }

bool is_stream(std::string_view text) {
    std::size_t parts = 0;
    for (std::size_t at = 0; at <= text.size(); ++parts) {
        const std::size_t end = std::min(text.find('/', at), text.size());
        if (!is_id(text.substr(at, end - at))) return false;
        at = end + 1;
    }
    return parts >= 2 && parts % 2 == 0;
}

bool fits(const json::Value& value, PayloadReader::Shape shape) {
    using Shape = PayloadReader::Shape;
    if (value.is_null()) return true;
    switch (shape) {
        case Shape::kAny: return true;
        case Shape::kObject: return value.is_object();
        case Shape::kArray: return value.is_array();
        case Shape::kText: return value.is_string();
    }
    return false;
}

}  // namespace

std::optional<Timestamp> time_in_range(std::int64_t us) {
    if (us < kFirstTimeUs || us > kLastTimeUs) return std::nullopt;
    return Timestamp{us};
}

Uuid uuid_of(const fbs::Uuid& id) {
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), id.bytes()->data(), bytes.size());
    return Uuid(bytes);
}

bool is_stream_of(std::string_view stream, const std::vector<std::string_view>& segments) {
    for (const std::string_view& segment : segments) {
        if (stream.substr(0, segment.size()) != segment) return false;
        stream.remove_prefix(segment.size());
        if (stream.empty() || stream.front() != '/') return false;
        stream.remove_prefix(1);
        const std::string_view id = stream.substr(0, stream.find('/'));
        if (!is_id(id)) return false;
        stream.remove_prefix(id.size());
        if (stream.empty()) return &segment == &segments.back();
        stream.remove_prefix(1);
    }
    return false;
}

void PayloadReader::refuse(std::string_view name, std::string_view expected) {
    if (!ok()) return;
    problem_ = "field " + std::string(name) + " is not " + std::string(expected);
}

bool PayloadReader::can_hold(std::size_t count) {
    if (ok() && count > budget_ / kFrameBytes)
        problem_ = "a list is longer than the payload can hold";
    return ok();
}

bool PayloadReader::charge(std::size_t bytes) {
    if (!ok()) return false;
    const std::size_t cost = bytes + kFrameBytes;
    if (cost > budget_) {
        problem_ = "parts of the payload are used more than once";
        return false;
    }
    budget_ -= cost;
    return true;
}

std::string PayloadReader::text(const flatbuffers::String* text, std::string_view name) {
    if (text == nullptr || !charge(text->size())) return {};
    const std::string_view view = view_of(*text);
    if (!is_text(view)) {
        refuse(name, "UTF-8");
        return {};
    }
    return std::string(view);
}

std::string PayloadReader::id(const flatbuffers::String* text, std::string_view name) {
    if (text == nullptr || !is_id(view_of(*text))) {
        refuse(name, "an id");
        return {};
    }
    return charge(text->size()) ? std::string(view_of(*text)) : std::string();
}

std::string PayloadReader::key(const flatbuffers::String* text, std::string_view name) {
    if (text == nullptr || !is_key(view_of(*text))) {
        refuse(name, "a key");
        return {};
    }
    return charge(text->size()) ? std::string(view_of(*text)) : std::string();
}

Stream PayloadReader::stream(const flatbuffers::String* text, std::string_view name) {
    if (text == nullptr || !is_stream(view_of(*text))) {
        refuse(name, "a stream");
        return {};
    }
    return charge(text->size()) ? Stream(text->str()) : Stream();
}

json::Value PayloadReader::value(const fbs::Value* value, std::string_view name, Shape shape) {
    if (value == nullptr || !charge(value->bytes()->size())) return {};
    if (value->codec() != 0) {
        refuse(name, "of a codec that this version knows");
        return {};
    }
    const std::string_view bytes(reinterpret_cast<const char*>(value->bytes()->data()),
                                 value->bytes()->size());
    if (!is_canonical_value(bytes)) {
        refuse(name, "canonical JSON");
        return {};
    }
    json::Value made = json::Value::from_canonical(bytes);
    if (!fits(made, shape)) refuse(name, "a value of its type");
    return made;
}

std::optional<json::Value> PayloadReader::given(const fbs::Value* given_value,
                                                std::string_view name, Shape shape) {
    if (given_value == nullptr) return std::nullopt;
    return value(given_value, name, shape);
}

domain::StoredValue PayloadReader::stored(const fbs::StoredValue* stored_value,
                                          std::string_view name) {
    const fbs::Value* inline_value = stored_value == nullptr ? nullptr : stored_value->value();
    const fbs::ValueRef* ref = stored_value == nullptr ? nullptr : stored_value->ref();
    if ((inline_value == nullptr) == (ref == nullptr)) {
        refuse(name, "either a value or a reference");
        return json::Value();
    }
    if (inline_value != nullptr) return value(inline_value, name);
    domain::ValueRef made;
    made.stream = stream(ref->stream(), "stream");
    made.version = Version(ref->version());
    made.area = choice<fbs::Area>(ref->area(), "area") == fbs::Area::Variables ? "variables"
                                                                               : "intermediate";
    made.key = key(ref->key(), "key");
    made.digest = {ref->digest()->low(), ref->digest()->high()};
    if (made.version.value() == 0) refuse(name, "a reference to a version from 1 on");
    return made;
}

std::optional<domain::StoredValue> PayloadReader::given(const fbs::StoredValue* stored_value,
                                                        std::string_view name) {
    if (stored_value == nullptr) return std::nullopt;
    return stored(stored_value, name);
}

std::optional<double> PayloadReader::amount(const flatbuffers::Optional<double>& value,
                                            std::string_view name) {
    if (!value.has_value()) return std::nullopt;
    if (!std::isfinite(*value) || *value < 0) {
        refuse(name, "a finite amount of at least 0");
        return std::nullopt;
    }
    return *value;
}

std::optional<Timestamp> PayloadReader::time(const flatbuffers::Optional<std::int64_t>& value,
                                             std::string_view name) {
    if (!value.has_value()) return std::nullopt;
    const std::optional<Timestamp> made = time_in_range(*value);
    if (!made) refuse(name, "a time of the years 0 to 9999");
    return made;
}

std::vector<std::string> PayloadReader::names(
    const flatbuffers::Vector<Offset<flatbuffers::String>>* texts, std::string_view name,
    Names rule) {
    return list<std::string>(texts, [&](PayloadReader&, const flatbuffers::String& item) {
        switch (rule) {
            case Names::kIds: return id(&item, name);
            case Names::kKeys: return key(&item, name);
            case Names::kTexts: return text(&item, name);
        }
        return std::string();
    });
}

}  // namespace skein::codec
