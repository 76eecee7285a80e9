// Array indexes in JSON Pointers.
//
// Threads: pure. Errors: nullopt. Source: RFC 6901 section 4.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace skein::json {

// The number that `token` writes as an array index: digits without a needless 0. Not "-".
std::optional<std::size_t> pointer_index(std::string_view token);

}  // namespace skein::json
