// What the environment sets, as SKEIN_SECTION__KEY.
//
// Threads: pure over an environment that does not change. Errors: Fault kConfig where a value is no
// size, or a setting is none that there is. Source: interfaces section 6.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/domain/command.h"

namespace skein::cli {

// The value of `name`, which is one of the settings that there are; nullptr where it is not set.
const char* setting(const char* name);
// Refuses SKEIN_SECTION__KEY that is none of them. Other names that begin with SKEIN_ may be
// anybody's.
void check_settings();

// "65536", "64KiB", "64MiB", "1GiB"; nothing where the text is no size from 1 byte to 1 TiB.
std::optional<std::uint64_t> parse_size(std::string_view text);
// SKEIN_LIMITS__VALUE_BYTES, EVENT_BYTES, VARIABLE_BYTES and COMMAND_BYTES, else what holds without
// them.
domain::Limits limits_from_environment();

}  // namespace skein::cli
