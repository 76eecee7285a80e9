// The rows of leases and nodes: one call each, on connections of their own, so that a renewal waits
// for no append.
//
// Threads: all methods from any thread. Errors: Fault kUnavailable (no server), kConfig.
// Source: design section 3 (leases); reliability 3.6; V-172.
#pragma once

#include <string>
#include <vector>

#include "engine/log/postgres/lease.h"
#include "engine/log/postgres/pg_pool.h"

namespace skein::log {

class LeaseRows {
 public:
    LeaseRows(const PgConnectOptions& connect, LeaseOwner owner);

    const LeaseOwner& owner() const { return owner_; }

    // Raises the epoch where the shard is free, or was ours: older appends are refused from then
    // on.
    TakenLease take(Shard shard);
    // Those that are still ours.
    std::vector<RenewedLease> renew(const std::vector<Shard>& shards);
    void release(const std::vector<Shard>& shards);
    std::vector<LeaseRow> all();

    // This owner is alive for another `length`.
    void renew_node();
    void remove_node();
    std::vector<std::string> live_nodes();

 private:
    const LeaseOwner owner_;
    PgPool pool_;
};

}  // namespace skein::log
