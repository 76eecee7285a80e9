// The amounts of Usage by name, in the order of canonical JSON; limits have the same names.
//
// Threads: constants. Source: interfaces section 2 (RecordUsage), V-16.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "engine/domain/run/entry.h"

namespace skein::domain::run {

struct UsageField {
    std::string_view name;
    std::optional<double> Usage::*member;
};

inline constexpr std::array<UsageField, 5> kUsageFields{{
    {"branches", &Usage::branches},
    {"credits", &Usage::credits},
    {"duration_ms", &Usage::duration_ms},
    {"memory_mb", &Usage::memory_mb},
    {"tool_calls", &Usage::tool_calls},
}};

}  // namespace skein::domain::run
