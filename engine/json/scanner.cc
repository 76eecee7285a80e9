#include "engine/json/scanner.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <system_error>

#include "engine/base/utf8.h"

namespace skein::json {

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kKeyShownMax = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, unsigned code) {
    const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
    if (code < 0x80) return put(code);
    if (code < 0x800) {
        put(0xc0 | (code >> 6));
    } else if (code < 0x10000) {
        put(0xe0 | (code >> 12));
        put(0x80 | ((code >> 6) & 0x3f));
    } else {
        put(0xf0 | (code >> 18));
        put(0x80 | ((code >> 12) & 0x3f));
        put(0x80 | ((code >> 6) & 0x3f));
    }
    put(0x80 | (code & 0x3f));
}

// How long the UTF-8 sequence that begins `text` is; 0 where it is none.
std::size_t sequence_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    std::size_t length = 4;
    if (lead < 0x80)
        length = 1;
    else if (lead < 0xe0)
        length = 2;
    else if (lead < 0xf0)
        length = 3;
    return length <= text.size() && is_utf8(text.substr(0, length)) ? length : 0;
}

// Where the first digit that is not zero stands: > 0 for numbers of 1 and more. Only called for
// numbers that a double cannot hold, to say on which side.
bool is_too_large(std::string_view token) {
    long long magnitude = 0;
    bool seen_point = false;
    bool seen_digit = false;
    std::size_t i = 0;
    for (; i < token.size() && token[i] != 'e' && token[i] != 'E'; ++i) {
        if (token[i] == '.') seen_point = true;
        if (!is_digit(token[i])) continue;
        if (token[i] != '0') seen_digit = true;
        if (seen_digit && !seen_point) ++magnitude;
        if (!seen_digit && seen_point) --magnitude;
    }
    if (i == token.size()) return magnitude > 0;
    const bool minus = token[i + 1] == '-';
    i += token[i + 1] == '-' || token[i + 1] == '+' ? 2 : 1;
    long long exponent = 0;
    for (; i < token.size() && exponent < 1'000'000'000'000; ++i)
        exponent = exponent * 10 + (token[i] - '0');
    return magnitude + (minus ? -exponent : exponent) > 0;
}

class Scanner {
 public:
    Scanner(std::string_view text, const ParseLimits& limits) : text_(text), limits_(limits) {}

    std::optional<ParseError> run() {
        if (text_.size() > limits_.bytes_max) {
            refuse(limits_.bytes_max, fmt::format("the text has {} bytes, at most {} are allowed",
                                                  text_.size(), limits_.bytes_max));
            error_->problem = ParseProblem::kTooLong;
        } else if (text_.substr(0, 3) == kByteOrderMark) {
            refuse(0, "a byte order mark stands where the value should begin; remove it");
        } else {
            skip_space();
            if (value(0)) {
                skip_space();
                if (at_ < text_.size()) expected("the end of the text");
            }
        }
        return error_;
    }

 private:
    bool refuse(std::size_t offset, std::string message) {
        if (error_) return false;
        const std::string_view before = text_.substr(0, offset);
        const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
        const auto lines = std::count(before.begin(), before.end(), '\n');
        error_ = ParseError{std::move(message), static_cast<std::size_t>(lines) + 1,
                            offset - line_start + 1, offset};
        return false;
    }

    std::string found() const {
        if (at_ >= text_.size()) return "the end of the text";
        const auto byte = static_cast<unsigned char>(text_[at_]);
        if (byte > 0x20 && byte < 0x7f) return fmt::format("'{}'", text_[at_]);
        const std::size_t length = byte < 0x80 ? 0 : sequence_length(text_.substr(at_));
        if (length > 0) return fmt::format("'{}'", text_.substr(at_, length));
        return fmt::format("the byte 0x{:02x}", byte);
    }
    bool expected(std::string_view what) {
        return refuse(at_, fmt::format("expected {}, found {}", what, found()));
    }
    bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }
    bool take(char c) {
        if (!next_is(c)) return false;
        ++at_;
        return true;
    }
    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                      text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }

    // `depth` counts the containers around the value.
    bool value(std::size_t depth) {
        if (at_ >= text_.size()) return expected("a value");
        switch (text_[at_]) {
            case '"': return string(nullptr);
            case '[':
            case '{': break;
            case 't': return word("true");
            case 'f': return word("false");
            case 'n': return word("null");
            default: return number();
        }
        if (depth >= limits_.depth_max) {
            refuse(at_, fmt::format("nested too deep: at most {} levels of arrays and "
                                    "objects are allowed",
                                    limits_.depth_max));
            error_->problem = ParseProblem::kTooDeep;
            return false;
        }
        return text_[at_] == '[' ? array(depth + 1) : object(depth + 1);
    }

    bool word(std::string_view name) {
        if (text_.substr(at_, name.size()) != name) return expected("a value");
        at_ += name.size();
        return true;
    }

    bool array(std::size_t depth) {
        ++at_;
        skip_space();
        if (take(']')) return true;
        for (;;) {
            if (!value(depth)) return false;
            skip_space();
            if (take(']')) return true;
            if (!take(',')) return expected("',' or ']'");
            skip_space();
        }
    }

    bool object(std::size_t depth) {
        ++at_;
        std::set<std::string, std::less<>> keys;
        skip_space();
        if (take('}')) return true;
        for (;;) {
            if (!next_is('"')) return expected(keys.empty() ? "a key or '}'" : "a key");
            if (!key(keys)) return false;
            skip_space();
            if (!take(':')) return expected("':'");
            skip_space();
            if (!value(depth)) return false;
            skip_space();
            if (take('}')) return true;
            if (!take(',')) return expected("',' or '}'");
            skip_space();
        }
    }

    bool key(std::set<std::string, std::less<>>& keys) {
        const std::size_t start = at_;
        std::string name;
        if (!string(&name)) return false;
        if (keys.insert(name).second) return true;
        const std::string_view shown = text_.substr(start, at_ - start);
        if (shown.size() > kKeyShownMax)
            return refuse(start, "this key stands twice in one object");
        return refuse(start, fmt::format("the key {} stands twice in one object", shown));
    }

    bool string(std::string* out) {
        ++at_;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (take('"')) return true;
            if (c == '\\') {
                if (!escape(out)) return false;
                continue;
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                return refuse(at_, fmt::format("a control character stands in a string; write it "
                                               "as \\u{:04x}",
                                               static_cast<unsigned>(c)));
            }
            const std::size_t length = sequence_length(text_.substr(at_));
            if (length == 0) {
                return refuse(at_, fmt::format("the byte 0x{:02x} is not UTF-8 here",
                                               static_cast<unsigned char>(c)));
            }
            if (out != nullptr) out->append(text_.substr(at_, length));
            at_ += length;
        }
        return expected("'\"' to end the string");
    }

    bool escape(std::string* out) {
        const std::size_t start = at_++;
        if (at_ >= text_.size()) return expected("an escape letter");
        static constexpr std::string_view kLetters = "\"\\/bfnrt";
        static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
        const std::size_t letter = kLetters.find(text_[at_]);
        if (letter != std::string_view::npos) {
            if (out != nullptr) out->push_back(kMeanings[letter]);
            ++at_;
            return true;
        }
        if (!take('u')) return expected("one of \" \\ / b f n r t u after '\\'");
        unsigned code = 0;
        if (!four_digits(code)) return false;
        if (code >= 0xdc00 && code <= 0xdfff) return lone_surrogate(start);
        if (code >= 0xd800 && code <= 0xdbff) {
            unsigned low = 0;
            if (text_.substr(at_, 2) != "\\u") return lone_surrogate(start);
            at_ += 2;
            if (!four_digits(low)) return false;
            if (low < 0xdc00 || low > 0xdfff) return lone_surrogate(start);
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        if (out != nullptr) append_utf8(*out, code);
        return true;
    }
    bool lone_surrogate(std::size_t start) {
        return refuse(start, "half of a surrogate pair stands alone: no character");
    }
    bool four_digits(unsigned& code) {
        for (int i = 0; i < 4; ++i, ++at_) {
            unsigned digit = 0;
            if (at_ >= text_.size()) return expected("four hexadecimal digits after '\\u'");
            const char* place = text_.data() + at_;
            if (std::from_chars(place, place + 1, digit, 16).ec != std::errc{} || *place == '-')
                return expected("four hexadecimal digits after '\\u'");
            code = code * 16 + digit;
        }
        return true;
    }

    bool digits() {
        const std::size_t start = at_;
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        return at_ > start || expected("a digit");
    }

    bool number() {
        const std::size_t start = at_;
        const bool minus = take('-');
        if (at_ >= text_.size() || !is_digit(text_[at_]))
            return expected(minus ? "a digit" : "a value");
        if (take('0')) {
            if (at_ < text_.size() && is_digit(text_[at_]))
                return refuse(at_ - 1, "a number must not begin with a needless 0");
        } else {
            digits();
        }
        bool whole = true;
        if (take('.')) {
            whole = false;
            if (!digits()) return false;
        }
        if (next_is('e') || next_is('E')) {
            whole = false;
            ++at_;
            if (!take('+')) take('-');
            if (!digits()) return false;
        }
        const std::string_view token = text_.substr(start, at_ - start);
        return whole ? integer_fits(start, token) : double_fits(start, token);
    }

    bool integer_fits(std::size_t start, std::string_view token) {
        std::int64_t below = 0;
        std::uint64_t above = 0;
        const char* end = token.data() + token.size();
        const std::errc error = token.front() == '-' ? std::from_chars(token.data(), end, below).ec
                                                     : std::from_chars(token.data(), end, above).ec;
        if (error == std::errc{}) return true;
        return refuse(start,
                      "the integer lies outside -9223372036854775808 to 18446744073709551615; "
                      "write it as a string, or with an exponent to have it rounded");
    }

    bool double_fits(std::size_t start, std::string_view token) {
        double number = 0;
        const auto end = std::from_chars(token.data(), token.data() + token.size(), number);
        const std::string_view mantissa = token.substr(0, token.find_first_of("eE"));
        const bool zero = mantissa.find_first_of("123456789") == std::string_view::npos;
        if (zero || (end.ec == std::errc{} && std::isfinite(number) && number != 0)) return true;
        return refuse(start, is_too_large(token)
                                 ? "the number is too large for a double"
                                 : "the number is too small for a double: it would become 0");
    }

    std::string_view text_;
    const ParseLimits& limits_;
    std::size_t at_ = 0;
    std::optional<ParseError> error_;
};

}  // namespace

std::optional<ParseError> find_error(std::string_view text, const ParseLimits& limits) {
    return Scanner(text, limits).run();
}

}  // namespace skein::json
