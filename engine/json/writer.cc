#include "engine/json/writer.h"

#include "engine/base/check.h"
#include "engine/json/canonical.h"

namespace skein::json {

void ObjectWriter::begin(std::string_view key) {
    if (out_.size() > 1) {
        SKEIN_CHECK(last_key_ < key, "key {} does not stand after {}", key, last_key_);
        out_.push_back(',');
    }
    last_key_.assign(key);
    append_quoted(out_, key);
    out_.push_back(':');
}

void ObjectWriter::member(std::string_view key, const Value& value) {
    begin(key);
    value.append_to(out_);
}

void ObjectWriter::member_canonical(std::string_view key, std::string_view canonical) {
    begin(key);
    out_.append(canonical);
}

void ObjectWriter::member_text(std::string_view key, std::string_view text) {
    begin(key);
    append_quoted(out_, text);
}

void ObjectWriter::member_text(std::string_view key, const std::optional<std::string>& text) {
    if (!text) return member_null(key);
    member_text(key, std::string_view(*text));
}

void ObjectWriter::member_signed(std::string_view key, std::int64_t number) {
    begin(key);
    append_integer(out_, number);
}

void ObjectWriter::member_unsigned(std::string_view key, std::uint64_t number) {
    begin(key);
    append_integer(out_, number);
}

std::string ObjectWriter::text() const { return out_ + "}"; }

Value ObjectWriter::value() const { return Value::from_canonical(text()); }

}  // namespace skein::json
