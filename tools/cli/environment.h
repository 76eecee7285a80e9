// What the environment sets: limits of commands, as SKEIN_SECTION__KEY.
//
// Threads: pure over an environment that does not change. Errors: Fault kConfig where a value is no
// size. Source: interfaces section 6.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/domain/command.h"

namespace skein::cli {

// "65536", "64KiB", "64MiB", "1GiB"; nothing where the text is no size from 1 byte to 1 TiB.
std::optional<std::uint64_t> parse_size(std::string_view text);
// SKEIN_LIMITS__VALUE_BYTES, EVENT_BYTES, VARIABLE_BYTES and COMMAND_BYTES, else what holds without
// them.
domain::Limits limits_from_environment();

}  // namespace skein::cli
