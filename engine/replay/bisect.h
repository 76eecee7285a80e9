// Bisect: the first version of a range at which something holds, by halving.
//
// As with git bisect, the predicate is taken to stay true once it is; where it flickers, some
// version is found at which it turns true.
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

}  // namespace skein::replay
