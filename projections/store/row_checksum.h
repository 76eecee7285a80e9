// The trailer of every row: XXH3-64 of the value, seeded with XXH3-64 of the key, 8 bytes
// little-endian, so that a row that was edited, cut or moved under another key is noticed.
//
// Threads: pure. Errors: open_row gives nullopt where the trailer does not fit. Source: design 6.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skein::projections::store {

inline constexpr std::size_t kTrailerBytes = 8;

std::string row_trailer(std::string_view key, std::string_view value);
// The value without its trailer, a view into `stored`.
std::optional<std::string_view> open_row(std::string_view key, std::string_view stored);
// What to say of a key in messages: never its bytes as they are.
std::string show_key(std::string_view key);

}  // namespace skein::projections::store
