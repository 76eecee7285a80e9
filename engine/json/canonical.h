// The canonical byte form itself: writing strings and numbers, and walking canonical bytes.
//
// The walkers trust their input: bytes come from a Value or from parse(), never from outside.
// Grammar: value = null | true | false | number | '"' escaped '"' | '[' e ',' e ']' |
// '{' '"' key '"' ':' e ',' ... '}'; "inner" is what stands between the brackets, braces or quotes.
// Example: {"a":[1,"x\n"],"b":1e+20}
// Threads: pure. Errors: none. Source: interfaces section 9, RFC 8785.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/json/value.h"

namespace skein::json {

// RFC 8785 escapes of valid UTF-8, without and with the quotes.
void append_escaped(std::string& out, std::string_view text);
void append_quoted(std::string& out, std::string_view text);
std::string unescape(std::string_view escaped);
inline bool has_escape(std::string_view escaped) {
    return escaped.find('\\') != std::string_view::npos;
}

void append_integer(std::string& out, std::int64_t value);
void append_integer(std::string& out, std::uint64_t value);
// A finite number. Whole numbers in [-2^63, 2^64) become integers, others outside get an exponent.
void append_number(std::string& out, double value);

// The type that a canonical text beginning with `first` has.
Type type_of(char first);
// Past the string whose opening quote stands at `at`; past the value that begins at `at`.
std::size_t string_end(std::string_view bytes, std::size_t at);
std::size_t value_end(std::string_view bytes, std::size_t at);
// How deep the containers in `bytes` nest, a scalar being 0; also for an inner "e1,e2".
std::size_t nesting(std::string_view bytes);
inline std::string_view inner_of(std::string_view bytes) {
    return bytes.substr(1, bytes.size() - 2);
}
// Escaped keys in the order of their unescaped bytes: negative, zero or positive.
int compare_keys(std::string_view left, std::string_view right);
// The longest prefix of at most `bytes_max` bytes that splits no character and no escape; at least
// one whole character.
std::size_t escaped_prefix(std::string_view escaped, std::size_t bytes_max);

// visit(element) returns false to stop; the walk says whether it came to the end.
template <class Visit>
bool walk_elements(std::string_view inner, Visit&& visit) {
    for (std::size_t at = 0; at < inner.size();) {
        const std::size_t end = value_end(inner, at);
        if (!visit(inner.substr(at, end - at))) return false;
        at = end + 1;
    }
    return true;
}

// visit(escaped key, value), likewise.
template <class Visit>
bool walk_members(std::string_view inner, Visit&& visit) {
    for (std::size_t at = 0; at < inner.size();) {
        const std::size_t key_end = string_end(inner, at);
        const std::size_t end = value_end(inner, key_end + 1);
        const std::string_view key = inner.substr(at + 1, key_end - at - 2);
        if (!visit(key, inner.substr(key_end + 1, end - key_end - 1))) return false;
        at = end + 1;
    }
    return true;
}

}  // namespace skein::json
