#include "engine/base/ids.h"

#include <array>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/utf8.h"

namespace skein {

namespace {

constexpr std::size_t kIdCharactersMax = 128;
constexpr std::size_t kKeyBytesMax = 512;
constexpr unsigned kShardBits = 14;
constexpr unsigned kPositionBits = 48;
constexpr std::string_view kHexDigits = "0123456789abcdef";

// By byte: ids stand in every event, so looking at one costs a load rather than six comparisons.
constexpr std::array<bool, 256> kIdCharacters = [] {
    std::array<bool, 256> is_one{};
    for (unsigned char c = '0'; c <= '9'; ++c) is_one[c] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) is_one[c] = true;
    for (unsigned char c = 'A'; c <= 'Z'; ++c) is_one[c] = true;
    for (const char c : {'.', '_', ':', '~', '-'}) is_one[static_cast<unsigned char>(c)] = true;
    return is_one;
}();

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_dash_place(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

bool is_id(std::string_view text) {
    if (text.empty() || text.size() > kIdCharactersMax || text == ".") return false;
    char last = '\0';
    for (const char c : text) {
        if (!kIdCharacters[static_cast<unsigned char>(c)] || (c == '.' && last == '.'))
            return false;
        last = c;
    }
    return true;
}

bool is_key(std::string_view text) {
    return !text.empty() && text.size() <= kKeyBytesMax &&
           text.find('\0') == std::string_view::npos && is_utf8(text);
}

Scope scope_of(const Stream& stream) {
    const std::string& name = stream.str();
    const std::size_t first = name.find('/');
    if (first == std::string::npos) return Scope(name);
    return Scope(name.substr(0, name.find('/', first + 1)));
}

Shard shard_of(const Scope& scope, std::uint32_t shard_count) {
    SKEIN_CHECK(shard_count > 0, "a store has at least one shard");
    return Shard(xxh3_64(scope.str()) % shard_count);
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    std::array<std::uint8_t, 16> bytes{};
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_dash_place(i)) {
            if (text[i] != '-') return std::nullopt;
            continue;
        }
        const int value = hex_value(text[i]);
        if (value < 0) return std::nullopt;
        bytes[digits / 2] = static_cast<std::uint8_t>((bytes[digits / 2] << 4) | value);
        ++digits;
    }
    return Uuid(bytes);
}

std::optional<Uuid> Uuid::from_bytes(std::string_view bytes) {
    if (bytes.size() != 16) return std::nullopt;
    std::array<std::uint8_t, 16> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(bytes[i]);
    return Uuid(out);
}

bool Uuid::is_nil() const { return bytes_ == std::array<std::uint8_t, 16>{}; }

std::string Uuid::str() const {
    std::string out(36, '-');
    std::size_t digits = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (is_dash_place(i)) continue;
        const std::uint8_t byte = bytes_[digits / 2];
        out[i] = kHexDigits[digits % 2 == 0 ? byte >> 4 : byte & 15];
        ++digits;
    }
    return out;
}

Uuid make_event_id(std::int64_t unix_ms, std::uint16_t store_bits, Shard shard, Position position) {
    SKEIN_CHECK(shard.value() < (1ULL << kShardBits), "shard {} has no room in an event id",
                shard.value());
    SKEIN_CHECK(position.value() < (1ULL << kPositionBits),
                "position {} has no room in an event id", position.value());
    const std::uint64_t high =
        (static_cast<std::uint64_t>(unix_ms) << 16) | 0x7000U | (store_bits & 0x0fffU);
    const std::uint64_t low =
        0x8000000000000000ULL | (shard.value() << kPositionBits) | position.value();
    std::array<std::uint8_t, 16> bytes{};
    for (unsigned i = 0; i < 8; ++i) {
        bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
        bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
    }
    return Uuid(bytes);
}

std::optional<EventPlace> place_of(const Uuid& event_id) {
    const auto& bytes = event_id.bytes();
    if ((bytes[6] >> 4) != 7 || (bytes[8] >> 6) != 2) return std::nullopt;
    std::uint64_t low = 0;
    for (unsigned i = 8; i < 16; ++i) low = (low << 8) | bytes[i];
    low &= 0x3fffffffffffffffULL;
    return EventPlace{Shard(low >> kPositionBits), Position(low & ((1ULL << kPositionBits) - 1))};
}

}  // namespace skein
