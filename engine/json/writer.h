// ObjectWriter: prints one object in canonical form, for events and documents whose members are
// known.
//
// Members come in ascending order of their key's bytes, which is checked: a writer that sorted
// would cost what this one saves. Nested objects are written by a writer of their own.
// Threads: one writer, one thread. Errors: none. Source: interfaces section 9.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/json/value.h"

namespace skein::json {

class ObjectWriter {
 public:
    void member(std::string_view key, const Value& value);
    // `canonical` is the canonical text of a value, such as another writer's text().
    void member_canonical(std::string_view key, std::string_view canonical);
    void member_text(std::string_view key, std::string_view text);  // valid UTF-8
    // Null where there is no text.
    void member_text(std::string_view key, const std::optional<std::string>& text);
    void member_text(std::string_view key, const char* text) {
        member_text(key, std::string_view(text));
    }
    void member_text(std::string_view key, const std::string& text) {
        member_text(key, std::string_view(text));
    }
    template <std::integral T>
    requires(!std::same_as<T, bool>) void member_number(std::string_view key, T number) {
        if constexpr (std::signed_integral<T>) {
            member_signed(key, number);
        } else {
            member_unsigned(key, number);
        }
    }
    // A bool alone: pointers and numbers do not turn into one.
    template <std::same_as<bool> T>
    void member_boolean(std::string_view key, T truth) {
        member_canonical(key, truth ? "true" : "false");
    }
    void member_null(std::string_view key) { member_canonical(key, "null"); }

    // The object of the members so far.
    std::string text() const;
    Value value() const;

 private:
    void begin(std::string_view key);
    void member_signed(std::string_view key, std::int64_t number);
    void member_unsigned(std::string_view key, std::uint64_t number);

    std::string out_ = "{";
    std::string last_key_;
};

}  // namespace skein::json
