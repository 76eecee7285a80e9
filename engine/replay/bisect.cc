#include "engine/replay/bisect.h"

namespace skein::replay {

BisectResult bisect(Version from, Version to, const std::function<bool(Version)>& holds) {
    BisectResult result;
    if (to <= from) return result;
    ++result.tested;
    if (!holds(to)) return result;
    std::uint64_t low = from.value();  // does not hold, or lies before the range
    std::uint64_t high = to.value();   // holds
    while (high - low > 1) {
        const std::uint64_t middle = low + (high - low) / 2;
        ++result.tested;
        if (holds(Version(middle))) {
            high = middle;
        } else {
            low = middle;
        }
    }
    result.first = Version(high);
    return result;
}

BisectResult first_holding(Version from, Version to, const std::function<bool(Version)>& holds) {
    BisectResult result;
    for (Version version = from; version < to;) {
        version = version.next();
        ++result.tested;
        if (!holds(version)) continue;
        result.first = version;
        break;
    }
    return result;
}

}  // namespace skein::replay
