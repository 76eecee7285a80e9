// The first version of a range at which something holds: by halving, or version by version.
//
// Halving takes the predicate to stay true once it is, as git bisect does; where it flickers, some
// version is found at which it turns true. Version by version the answer is exact.
// Threads: pure. Errors: what the predicate throws.
// Source: interfaces section 8 (Bisect).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "engine/base/ids.h"

namespace skein::replay {

struct BisectResult {
    std::optional<Version> first;  // nullopt: it never holds in the range
    std::uint64_t tested = 0;
};

// Over versions after `from` up to and including `to`. `holds(version)` is asked O(log n) times.
BisectResult bisect(Version from, Version to, const std::function<bool(Version)>& holds);
// The same range, asked in order from its begin to the first version that holds.
BisectResult first_holding(Version from, Version to, const std::function<bool(Version)>& holds);

}  // namespace skein::replay
