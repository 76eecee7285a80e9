#include "engine/bus/feed_rule.h"

#include "engine/base/check.h"

namespace skein::bus {

void FeedRule::applied(Position position, const Hash& hash) {
    SKEIN_CHECK(position == last_.next(), "position {} was applied after {}", position.value(),
                last_.value());
    last_ = position;
    hash_ = hash;
}

}  // namespace skein::bus
