#include "engine/json/canonical.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "engine/base/check.h"
#include "engine/json/byte_block.h"

namespace skein::json {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr double kIntegerMin = -9223372036854775808.0;  // -2^63
constexpr double kIntegerEnd = 18446744073709551616.0;  // 2^64
constexpr double kSignedEnd = 9223372036854775808.0;    // 2^63

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
constexpr std::uint64_t kHighs = 0x8080808080808080ULL;

std::uint64_t eight_bytes(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

// The top bit of each byte that equals `c`; above the lowest such byte there may be false ones.
std::uint64_t bytes_equal(std::uint64_t word, char c) {
    const std::uint64_t same = word ^ (kOnes * static_cast<unsigned char>(c));
    return (same - kOnes) & ~same & kHighs;
}

// Likewise of each byte below 0x20.
std::uint64_t bytes_control(std::uint64_t word) { return (word - kOnes * 0x20) & ~word & kHighs; }

// Where in memory the lowest marked byte stands.
std::size_t first_marked(std::uint64_t marks) {
    static_assert(std::endian::native == std::endian::little, "the lowest byte comes first");
    return static_cast<std::size_t>(std::countr_zero(marks)) / 8;
}

std::size_t next_escape(std::string_view text, std::size_t from) {
    for (; from + 8 <= text.size(); from += 8) {
        const std::uint64_t word = eight_bytes(text.data() + from);
        const std::uint64_t marks =
            bytes_equal(word, '"') | bytes_equal(word, '\\') | bytes_control(word);
        if (marks != 0) return from + first_marked(marks);
    }
    while (from < text.size() && !needs_escape(text[from])) ++from;
    return from;
}

// The next '"' or '\\'.
std::size_t next_quote_or_slash(std::string_view bytes, std::size_t from) {
    while (from + kByteBlock <= bytes.size() && !has_quote_or_slash(bytes.data() + from))
        from += kByteBlock;
    for (; from + 8 <= bytes.size(); from += 8) {
        const std::uint64_t word = eight_bytes(bytes.data() + from);
        const std::uint64_t marks = bytes_equal(word, '"') | bytes_equal(word, '\\');
        if (marks != 0) return from + first_marked(marks);
    }
    while (from < bytes.size() && bytes[from] != '"' && bytes[from] != '\\') ++from;
    return from;
}

void append_escape(std::string& out, char c) {
    out.push_back('\\');
    switch (c) {
        case '\b': out.push_back('b'); return;
        case '\t': out.push_back('t'); return;
        case '\n': out.push_back('n'); return;
        case '\f': out.push_back('f'); return;
        case '\r': out.push_back('r'); return;
        case '"':
        case '\\': out.push_back(c); return;
        default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append("u00");
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
}

char unescaped_letter(char letter) {
    switch (letter) {
        case 'b': return '\b';
        case 't': return '\t';
        case 'n': return '\n';
        case 'f': return '\f';
        case 'r': return '\r';
        default: return letter;
    }
}

template <class T>
void append_digits(std::string& out, T value) {
    std::array<char, 24> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    out.append(buffer.data(), end.ptr);
}

// The shortest digits of a positive number: value = 0.DIGITS times 10^point.
struct Decimal {
    std::string digits;
    int point = 0;
};

Decimal shortest(double value) {
    std::array<char, 32> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                   std::chars_format::scientific);
    const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
    const std::size_t e = text.find('e');
    Decimal decimal;
    for (const char c : text.substr(0, e)) {
        if (c != '.') decimal.digits.push_back(c);
    }
    const std::size_t skip = text[e + 1] == '+' ? e + 2 : e + 1;
    std::from_chars(text.data() + skip, text.data() + text.size(), decimal.point);
    ++decimal.point;
    return decimal;
}

void append_with_exponent(std::string& out, const Decimal& decimal) {
    out.push_back(decimal.digits[0]);
    if (decimal.digits.size() > 1) out.append(".").append(decimal.digits, 1, std::string::npos);
    const int exponent = decimal.point - 1;
    out.append(exponent < 0 ? "e-" : "e+");
    append_digits(out, exponent < 0 ? -exponent : exponent);
}

std::size_t number_end(std::string_view bytes, std::size_t at) {
    const std::size_t end = bytes.find_first_of(",]}", at);
    return end == std::string_view::npos ? bytes.size() : end;
}

// Past the container that begins at `at`.
std::size_t container_end(std::string_view bytes, std::size_t at) {
    std::size_t open = 0;
    while (at < bytes.size()) {
        const char c = bytes[at];
        if (c == '"') {
            at = string_end(bytes, at);
            continue;
        }
        ++at;
        if (c == '[' || c == '{') ++open;
        if ((c == ']' || c == '}') && --open == 0) return at;
    }
    return at;
}

// Where the character or escape that begins at `at` ends.
std::size_t unit_end(std::string_view escaped, std::size_t at) {
    if (escaped[at] == '\\') return at + (escaped[at + 1] == 'u' ? 6 : 2);
    ++at;
    while (at < escaped.size() && (static_cast<unsigned char>(escaped[at]) & 0xc0) == 0x80) ++at;
    return at;
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t next = next_escape(text, from);
        out.append(text.data() + from, next - from);
        if (next == text.size()) return;
        append_escape(out, text[next]);
        from = next + 1;
    }
}

void append_quoted(std::string& out, std::string_view text) {
    out.push_back('"');
    append_escaped(out, text);
    out.push_back('"');
}

std::string unescape(std::string_view escaped) {
    std::string out;
    out.reserve(escaped.size());
    for (std::size_t at = 0; at < escaped.size();) {
        const std::size_t next = std::min(escaped.find('\\', at), escaped.size());
        out.append(escaped.substr(at, next - at));
        if (next == escaped.size()) break;
        if (escaped[next + 1] != 'u') {
            out.push_back(unescaped_letter(escaped[next + 1]));
            at = next + 2;
            continue;
        }
        unsigned code = 0;
        std::from_chars(escaped.data() + next + 2, escaped.data() + next + 6, code, 16);
        out.push_back(static_cast<char>(code));
        at = next + 6;
    }
    return out;
}

void append_integer(std::string& out, std::int64_t value) { append_digits(out, value); }
void append_integer(std::string& out, std::uint64_t value) { append_digits(out, value); }

void append_number(std::string& out, double value) {
    SKEIN_CHECK(std::isfinite(value), "a JSON number is finite");
    const bool whole = std::trunc(value) == value;
    if (whole && value >= kIntegerMin && value < kSignedEnd)
        return append_integer(out, static_cast<std::int64_t>(value));
    if (whole && value > 0 && value < kIntegerEnd)
        return append_integer(out, static_cast<std::uint64_t>(value));
    if (value < 0) out.push_back('-');
    const Decimal decimal = shortest(std::fabs(value));
    const auto digit_count = static_cast<int>(decimal.digits.size());
    if (whole || decimal.point <= -6 || decimal.point > 21) {
        append_with_exponent(out, decimal);
    } else if (decimal.point <= 0) {
        out.append("0.").append(static_cast<std::size_t>(-decimal.point), '0');
        out.append(decimal.digits);
    } else {
        SKEIN_CHECK(decimal.point < digit_count, "{} is not whole", value);
        const auto point = static_cast<std::size_t>(decimal.point);
        out.append(decimal.digits, 0, point).append(".").append(decimal.digits, point);
    }
}

Type type_of(char first) {
    switch (first) {
        case 'n': return Type::kNull;
        case 't':
        case 'f': return Type::kBoolean;
        case '"': return Type::kString;
        case '[': return Type::kArray;
        case '{': return Type::kObject;
        default: return Type::kNumber;
    }
}

std::size_t string_end(std::string_view bytes, std::size_t at) {
    std::size_t from = next_quote_or_slash(bytes, at + 1);
    while (from < bytes.size() && bytes[from] == '\\') from = next_quote_or_slash(bytes, from + 2);
    return std::min(from + 1, bytes.size());
}

std::size_t value_end(std::string_view bytes, std::size_t at) {
    switch (bytes[at]) {
        case '"': return string_end(bytes, at);
        case 'n':
        case 't': return at + 4;
        case 'f': return at + 5;
        case '[':
        case '{': return container_end(bytes, at);
        default: return number_end(bytes, at);
    }
}

std::size_t nesting(std::string_view bytes) {
    std::size_t open = 0;
    std::size_t deepest = 0;
    for (std::size_t at = 0; at < bytes.size();) {
        const char c = bytes[at];
        if (c == '"') {
            at = string_end(bytes, at);
            continue;
        }
        ++at;
        if (c == '[' || c == '{') deepest = std::max(deepest, ++open);
        if (c == ']' || c == '}') --open;
    }
    return deepest;
}

int compare_keys(std::string_view left, std::string_view right) {
    if (left == right) return 0;
    if (!has_escape(left) && !has_escape(right)) return left.compare(right);
    return unescape(left).compare(unescape(right));
}

std::size_t escaped_prefix(std::string_view escaped, std::size_t bytes_max) {
    if (escaped.size() <= bytes_max) return escaped.size();
    std::size_t end = unit_end(escaped, 0);
    for (;;) {
        const std::size_t next = unit_end(escaped, end);  // end < size, as bytes_max < size
        if (next > bytes_max) return end;
        end = next;
    }
}

}  // namespace skein::json
