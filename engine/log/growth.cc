#include "engine/log/growth.h"

#include <algorithm>

namespace skein::log {

namespace {

// Longer waits are cut to this, so that the deadline cannot overflow.
constexpr std::chrono::milliseconds kWaitMax = std::chrono::hours(24);

}  // namespace

void Growth::publish(Shard shard, Position position) {
    std::atomic<std::uint64_t>& known = positions_[shard.value()];
    std::uint64_t before = known.load();
    do {
        if (before >= position.value()) return;
    } while (!known.compare_exchange_weak(before, position.value()));
    if (waiters_.load() == 0) return;
    // Taken, so that a waiter that has looked but does not sleep yet is not missed.
    { const std::lock_guard<std::mutex> lock(mutex_); }
    grown_.notify_all();
}

bool Growth::is_beyond(const std::vector<Position>& known) const {
    const std::size_t count = std::min(known.size(), positions_.size());
    for (std::size_t i = 0; i < count; ++i) {
        if (positions_[i].load() > known[i].value()) return true;
    }
    return false;
}

bool Growth::wait(const std::vector<Position>& known, std::chrono::milliseconds timeout) const {
    if (is_beyond(known)) return true;
    const auto deadline = std::chrono::steady_clock::now() + std::min(timeout, kWaitMax);
    std::unique_lock<std::mutex> lock(mutex_);
    waiters_.fetch_add(1);
    const std::uint64_t before = interrupts_;
    bool grown = is_beyond(known);
    while (!grown && interrupts_ == before) {
        const auto woken = grown_.wait_until(lock, deadline);
        grown = is_beyond(known);
        if (woken == std::cv_status::timeout) break;
    }
    waiters_.fetch_sub(1);
    return grown;
}

void Growth::interrupt() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++interrupts_;
    grown_.notify_all();
}

}  // namespace skein::log
