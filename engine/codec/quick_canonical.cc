#include "engine/codec/quick_canonical.h"

#include <cstdint>
#include <cstring>

#include "engine/base/utf8.h"
#include "engine/json/byte_block.h"
#include "engine/json/parse.h"

namespace skein::codec {

namespace {

constexpr int kQuickDepthMax = 16;
constexpr std::size_t kQuickDigitsMax = 18;  // always fits an int64

// Each walk returns the place after what it read, or kUnknown where it is not sure.
constexpr std::size_t kUnknown = ~std::size_t{0};

std::size_t walk_value(std::string_view bytes, std::size_t at, int depth);

bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

std::size_t walk_text(std::string_view bytes, std::size_t at) {
    if (at >= bytes.size() || bytes[at] != '"') return kUnknown;
    ++at;
    while (at + json::kByteBlock <= bytes.size() && json::is_plain_block(bytes.data() + at))
        at += json::kByteBlock;
    for (; at < bytes.size(); ++at) {
        if (bytes[at] == '"') return at + 1;
        if (!is_plain(bytes[at])) return kUnknown;
    }
    return kUnknown;
}

// -0 and anything with a fraction or an exponent are left to the slow walk.
std::size_t walk_integer(std::string_view bytes, std::size_t at) {
    const bool negative = bytes[at] == '-';
    if (negative) ++at;
    const std::size_t first = at;
    while (at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9') ++at;
    const std::size_t digits = at - first;
    if (digits == 0 || digits > kQuickDigitsMax) return kUnknown;
    if (bytes[first] == '0' && (digits > 1 || negative)) return kUnknown;
    if (at < bytes.size() && (bytes[at] == '.' || bytes[at] == 'e' || bytes[at] == 'E'))
        return kUnknown;
    return at;
}

std::size_t walk_word(std::string_view bytes, std::size_t at, std::string_view word) {
    return bytes.substr(at, word.size()) == word ? at + word.size() : kUnknown;
}

std::size_t walk_list(std::string_view bytes, std::size_t at, int depth) {
    if (++at < bytes.size() && bytes[at] == ']') return at + 1;
    for (;;) {
        at = walk_value(bytes, at, depth + 1);
        if (at >= bytes.size()) return kUnknown;
        if (bytes[at] == ']') return at + 1;
        if (bytes[at] != ',') return kUnknown;
        ++at;
    }
}

std::size_t walk_object(std::string_view bytes, std::size_t at, int depth) {
    if (++at < bytes.size() && bytes[at] == '}') return at + 1;
    std::string_view last;
    for (bool first = true;; first = false) {
        const std::size_t key_end = walk_text(bytes, at);
        if (key_end >= bytes.size() || bytes[key_end] != ':') return kUnknown;
        const std::string_view key = bytes.substr(at + 1, key_end - at - 2);
        if (!first && key <= last) return kUnknown;
        last = key;
        at = walk_value(bytes, key_end + 1, depth + 1);
        if (at >= bytes.size()) return kUnknown;
        if (bytes[at] == '}') return at + 1;
        if (bytes[at] != ',') return kUnknown;
        ++at;
    }
}

std::size_t walk_value(std::string_view bytes, std::size_t at, int depth) {
    if (at >= bytes.size() || depth > kQuickDepthMax) return kUnknown;
    switch (bytes[at]) {
        case '"': return walk_text(bytes, at);
        case '{': return walk_object(bytes, at, depth);
        case '[': return walk_list(bytes, at, depth);
        case 't': return walk_word(bytes, at, "true");
        case 'f': return walk_word(bytes, at, "false");
        case 'n': return walk_word(bytes, at, "null");
        default: return walk_integer(bytes, at);
    }
}

}  // namespace

bool is_canonical_value(std::string_view bytes) {
    if (bytes.empty()) return false;
    return walk_value(bytes, 0, 0) == bytes.size() || json::is_canonical(bytes);
}

bool is_text(std::string_view bytes) {
    static constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, sizeof word);
        if ((word & kHighBits) != 0) return is_utf8(bytes);
    }
    for (; at < bytes.size(); ++at) {
        if (static_cast<unsigned char>(bytes[at]) >= 0x80) return is_utf8(bytes);
    }
    return true;
}

}  // namespace skein::codec
