// The slow, strict reader: finds the first thing wrong in a JSON text and says where and what.
//
// It runs where the fast reader refused, and decides the same; it builds nothing.
// Threads: pure. Errors: the answer. Source: RFC 8259, interfaces section 9.
#pragma once

#include <optional>
#include <string_view>

#include "engine/json/parse.h"

namespace skein::json {

// nullopt where nothing is wrong.
std::optional<ParseError> find_error(std::string_view text, const ParseLimits& limits);

}  // namespace skein::json
