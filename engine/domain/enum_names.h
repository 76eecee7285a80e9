// Enumerators and the contract's words for them: a table in the order of the enumerators.
//
// Threads: pure. Errors: parse_enum gives nullopt for other words.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "engine/base/check.h"

namespace skein::domain {

template <class E, std::size_t N>
std::string_view enum_name(const std::array<std::string_view, N>& names, E value) {
    const auto index = static_cast<std::size_t>(value);
    SKEIN_CHECK(index < N, "enumerator {} of {}", index, N);
    return names[index];
}

template <class E, std::size_t N>
std::optional<E> parse_enum(const std::array<std::string_view, N>& names, std::string_view text) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == text) return static_cast<E>(i);
    }
    return std::nullopt;
}

}  // namespace skein::domain
