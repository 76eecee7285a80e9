// Leases as values: who may write a shard, and until when. Apart from the rows, so that who shares
// shards needs no libpqxx.
//
// Threads: value types. Errors: none. Source: design section 3 (leases); V-172.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "engine/base/ids.h"

namespace skein::log {

// Who asks, and for how long a lease is given. An owner's name is never used again by another.
struct LeaseOwner {
    std::string name;
    std::string address;  // where it takes commands; empty: nowhere, it only passes by
    std::chrono::milliseconds length{3000};
};

struct LeaseRow {
    Shard shard;
    std::string owner;  // empty: nobody
    std::string address;
    std::chrono::milliseconds left{0};  // not positive: it has run out

    bool is_live() const { return !owner.empty() && left.count() > 0; }
};

struct TakenLease {
    std::optional<Epoch> epoch;  // ours to write under; none: it is another one's
    LeaseRow holder;
};
struct RenewedLease {
    Shard shard;
    bool is_wanted = false;  // somebody asked for it
};

}  // namespace skein::log
