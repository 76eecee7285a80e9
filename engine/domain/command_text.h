// The text of a command before it is read: how long and how deep it may be, and which rule a text
// broke that could not be read.
//
// A text nests deeper than the values in it, and is longer than the event that it becomes.
// Threads: pure. Errors: none. Source: interfaces section 9 (Commands).
#pragma once

#include <string_view>

#include "engine/domain/command.h"
#include "engine/domain/rejection.h"
#include "engine/json/parse.h"

namespace skein::domain {

// Bytes of a text: Limits::command_bytes_max, or an event and room for what stands around it.
std::size_t command_bytes_max(const Limits& limits);
json::ParseLimits text_limits(const Limits& limits);
// `where` begins the message, as in "line 3, column 9".
Rejection unreadable(const json::ParseError& error, std::string_view where, const Limits& limits);
// Of a text that was not read to its end.
Rejection too_large(std::string_view where, const Limits& limits);

}  // namespace skein::domain
