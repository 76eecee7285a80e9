#include "engine/log/postgres/pg_values.h"

#include <charconv>

#include "engine/base/hex.h"
#include "engine/log/postgres/pg_fault.h"

namespace skein::log {

std::string bytes_of(const pqxx::field& field, std::string_view what) {
    const std::string_view text(field.c_str(), field.size());
    std::string bytes;
    if (field.is_null() || !text.starts_with("\\x") || !append_hex(bytes, text.substr(2)))
        throw damaged_value(what);
    return bytes;
}

Hash hash_of(const pqxx::field& field, std::string_view what) {
    const std::string bytes = bytes_of(field, what);
    if (bytes.size() != Hash{}.bytes.size()) throw damaged_value(what);
    return hash_from_bytes(bytes);
}

Uuid uuid_of_field(const pqxx::field& field, std::string_view what) {
    const auto id = Uuid::parse(std::string_view(field.c_str(), field.size()));
    if (!id) throw damaged_value(what);
    return *id;
}

std::uint64_t number_of(const pqxx::field& field, std::string_view what) {
    const std::string_view text(field.c_str(), field.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) throw damaged_value(what);
    return number;
}

}  // namespace skein::log
