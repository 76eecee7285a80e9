#include "engine/log/postgres/pg_values.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "engine/base/fault.h"

namespace skein::log {

namespace {

constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_digits() {
    std::array<std::uint8_t, 256> digits{};
    for (std::uint8_t& digit : digits) digit = kNoDigit;
    for (std::uint8_t i = 0; i < 10; ++i) digits[static_cast<std::size_t>('0') + i] = i;
    for (std::uint8_t i = 0; i < 6; ++i)
        digits[static_cast<std::size_t>('a') + i] = static_cast<std::uint8_t>(10 + i);
    return digits;
}
constexpr std::array<std::uint8_t, 256> kDigits = make_digits();

Fault damaged(std::string_view what) {
    return {FaultKind::kCorruption, fmt::format("{} in Postgres is not of its form", what),
            "Check the log with `skein verify --all` and restore a backup."};
}

}  // namespace

void append_bytes(std::string& out, const pqxx::field& field, std::string_view what) {
    const std::string_view text(field.c_str(), field.size());
    if (field.is_null() || !text.starts_with("\\x") || text.size() % 2 != 0) throw damaged(what);
    const std::size_t start = out.size();
    const std::size_t count = text.size() / 2 - 1;
    out.resize(start + count);
    std::uint8_t bad = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t high = kDigits[static_cast<std::uint8_t>(text[2 + 2 * i])];
        const std::uint8_t low = kDigits[static_cast<std::uint8_t>(text[3 + 2 * i])];
        bad |= static_cast<std::uint8_t>(high | low);
        out[start + i] = static_cast<char>(high << 4 | low);
    }
    if (bad > 0x0F) throw damaged(what);
}

std::string bytes_of(const pqxx::field& field, std::string_view what) {
    std::string bytes;
    append_bytes(bytes, field, what);
    return bytes;
}

Hash hash_of(const pqxx::field& field, std::string_view what) {
    const std::string bytes = bytes_of(field, what);
    if (bytes.size() != Hash{}.bytes.size()) throw damaged(what);
    return hash_from_bytes(bytes);
}

Uuid uuid_of_field(const pqxx::field& field, std::string_view what) {
    const auto id = Uuid::parse(std::string_view(field.c_str(), field.size()));
    if (!id) throw damaged(what);
    return *id;
}

std::uint64_t number_of(const pqxx::field& field, std::string_view what) {
    const std::string_view text(field.c_str(), field.size());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) throw damaged(what);
    return number;
}

}  // namespace skein::log
