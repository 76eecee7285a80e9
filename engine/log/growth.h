// Growth: wakes those who wait for a log to grow, at once and without polling. An appender pays one
// atomic store and one load where nobody waits.
//
// Invariant: a waiter counts itself before it looks at the positions, an appender publishes before
// it looks at the count (both sequentially consistent), so one of the two always sees the other.
// Threads: all methods from any thread. Errors: none. Source: design section 3 (wake-up).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "engine/base/ids.h"

namespace skein::log {

class Growth {
 public:
    explicit Growth(std::uint32_t shard_count) : positions_(shard_count) {}

    std::uint32_t shard_count() const { return static_cast<std::uint32_t>(positions_.size()); }
    Position position(Shard shard) const { return Position(positions_[shard.value()].load()); }
    // Never moves a position back.
    void publish(Shard shard, Position position);

    // As EventFeed::wait_for_growth. Shards that `known` does not reach are not waited for.
    bool wait(const std::vector<Position>& known, std::chrono::milliseconds timeout) const;
    // Those who wait now return.
    void interrupt();

 private:
    bool is_beyond(const std::vector<Position>& known) const;

    std::vector<std::atomic<std::uint64_t>> positions_;
    mutable std::atomic<int> waiters_{0};
    mutable std::mutex mutex_;
    mutable std::condition_variable grown_;
    std::uint64_t interrupts_ = 0;  // guarded by mutex_
};

}  // namespace skein::log
