// Who should own which shard: every node comes to the same even shares by itself.
//
// Of S shards and N live nodes each has S/N or one more. Shards stay where they are unless that is
// uneven; free ones go first to the node that ranks highest for them (rendezvous hashing), so that
// the node that stands by for a shard is the one that takes it.
// Threads: pure. Errors: none. Source: design section 4 (ownership, state after a takeover).
#pragma once

#include <string>
#include <vector>

#include "engine/base/ids.h"

namespace skein::log {

struct OwnedShard {
    Shard shard;
    std::string owner;  // empty: nobody, or its lease has run out
};
struct SharePlan {
    std::vector<Shard> take;     // best first; `take_at_most` of them
    std::vector<Shard> release;  // so that others have their share
    std::size_t take_at_most = 0;
};

// What `self` should do. Owners that are not in `nodes` keep what they have until it is free.
SharePlan plan_shares(const std::vector<OwnedShard>& shards, std::vector<std::string> nodes,
                      const std::string& self);

// The nodes in the order in which they should have the shard: the owner to be, its stand-by, ...
std::vector<std::string> rank_nodes(Shard shard, std::vector<std::string> nodes);

}  // namespace skein::log
