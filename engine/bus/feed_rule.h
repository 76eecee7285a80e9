// What a reader does with the next record of a shard: drop it, apply it, or fetch from the log what
// lies between. Duplicates, truncation and zombies of the relay are harmless by this rule alone.
//
//   position <= last                               drop
//   position == last + 1, and the chain matches    apply
//   anything else                                  refetch from the log: after last, to position
// Invariant: what was applied is a prefix of the log, as far as the log's chain says.
// Threads: a value type. Errors: none. Source: design section 4.
#pragma once

#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/bus/event_record.h"

namespace skein::bus {

enum class FeedStep { kDrop, kApply, kRefetch };

class FeedRule {
 public:
    // What was applied last: position 0 with h(0) before the first event.
    FeedRule(Position last, const Hash& hash) : last_(last), hash_(hash) {}

    Position last() const { return last_; }
    const Hash& hash() const { return hash_; }

    FeedStep judge(const ReceivedEvent& event) const {
        if (event.position <= last_) return FeedStep::kDrop;
        if (event.position == last_.next() && event.previous == hash_.view())
            return FeedStep::kApply;
        return FeedStep::kRefetch;
    }
    // The event after `last()` was applied, from the bus or from the log.
    void applied(Position position, const Hash& hash);

 private:
    Position last_;
    Hash hash_;
};

}  // namespace skein::bus
