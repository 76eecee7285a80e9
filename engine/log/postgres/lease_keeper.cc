#include "engine/log/postgres/lease_keeper.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/log/postgres/lease_rows.h"
#include "engine/log/postgres/lease_shares.h"

namespace skein::log {

namespace {

// A guest that is idle for as long gives its leases back: others wait for them.
constexpr std::chrono::milliseconds kIdleMax{250};
// Who gave way does not take it back before the one who asked had the time to look again.
constexpr std::chrono::milliseconds kYield{200};
constexpr std::chrono::milliseconds kPauseMin{10};
// After a look that failed: the server may be back soon, and what it serves waits for it.
constexpr std::chrono::milliseconds kWhenFailed{250};
constexpr std::chrono::milliseconds kWhenExpired{5};  // behind the end of another one's lease

}  // namespace

LeaseKeeper::LeaseKeeper(LeaseKeeperOptions options)
    : options_(std::move(options)),
      rows_(std::make_unique<LeaseRows>(options_.connect, options_.owner)) {
    SKEIN_CHECK(!options_.owner.name.empty(), "an owner of leases has a name");
    if (options_.sharing == LeaseSharing::kFairShare) thread_ = std::thread([this] { run(); });
}

LeaseKeeper::~LeaseKeeper() { stop(); }

std::optional<Epoch> LeaseKeeper::held(Shard shard) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = held_.find(shard);
    if (found == held_.end() || found->second.is_leaving) return std::nullopt;
    return found->second.epoch;
}

std::vector<Shard> LeaseKeeper::held_shards() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<Shard> shards;
    for (const auto& [shard, lease] : held_)
        if (!lease.is_leaving) shards.push_back(shard);
    return shards;
}

LeaseKeeper::Owners LeaseKeeper::owners() { return {rows_->all(), !rows_->live_nodes().empty()}; }

LeaseKeeper::Health LeaseKeeper::health() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return {renewed_at_, problem_};
}

void LeaseKeeper::look_soon() {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        must_look_ = true;
    }
    changed_.notify_all();
}

std::optional<LeaseKeeper::Use> LeaseKeeper::use(Shard shard, Epoch epoch) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = held_.find(shard);
    if (found == held_.end() || found->second.is_leaving || found->second.epoch != epoch)
        return std::nullopt;
    ++found->second.uses;
    found->second.used_at = Clock::now();
    found->second.is_awaited = false;
    return Use(*this, shard);
}

std::optional<LeaseKeeper::Use> LeaseKeeper::use_later(Shard shard, Epoch epoch) {
    auto use = this->use(shard, epoch);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (use) held_.at(shard).is_awaited = true;
    return use;
}

// Only who gives the lease back waits for this; to wake the thread at every append would cost a
// lone producer a twentieth of its wait.
void LeaseKeeper::end_use(Shard shard) {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto found = held_.find(shard);
        if (found == held_.end()) return;
        SKEIN_CHECK(found->second.uses > 0, "a lease of shard {} is given up twice", shard.value());
        --found->second.uses;
        found->second.used_at = Clock::now();
        if (!found->second.is_leaving || found->second.uses > 0) return;
    }
    changed_.notify_all();
}

TakenLease LeaseKeeper::take(Shard shard) {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto yielded = yielded_.find(shard);
        if (yielded != yielded_.end() && Clock::now() < yielded->second)
            return {std::nullopt, {shard, "whoever asked for it", "", kYield}};
        yielded_.erase(shard);
    }
    return take_now(shard);
}

void LeaseKeeper::fence_orphans(Shard shard) { take_now(shard); }

TakenLease LeaseKeeper::take_now(Shard shard) {
    const Clock::time_point asked_at = Clock::now();
    TakenLease taken = rows_->take(shard);
    if (!taken.epoch) return taken;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (held_.empty()) renewed_at_ = asked_at;
        Held& lease = held_[shard];
        lease.epoch = *taken.epoch;
        lease.used_at = Clock::now();
        if (!thread_.joinable() && !is_stopping_) thread_ = std::thread([this] { run(); });
    }
    changed_.notify_all();
    tell(shard, taken.epoch);
    return taken;
}

void LeaseKeeper::lose(Shard shard, Epoch epoch) {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto found = held_.find(shard);
        if (found == held_.end() || found->second.epoch != epoch) return;
        held_.erase(found);
    }
    changed_.notify_all();
    tell(shard, std::nullopt);
}

void LeaseKeeper::tell(Shard shard, std::optional<Epoch> epoch) const {
    if (options_.on_change) options_.on_change(shard, epoch);
}

// Until the next look: often enough that one renewal may fail. The caller holds mutex_.
std::chrono::milliseconds LeaseKeeper::pause() const {
    const bool is_guest = options_.sharing == LeaseSharing::kOnDemand;
    auto longest =
        is_guest ? std::min(options_.owner.length / 10, kIdleMax) : options_.owner.length / 3;
    if (!problem_.empty()) longest = std::min(longest, kWhenFailed);
    if (next_end_)
        longest = std::min(longest, std::chrono::duration_cast<std::chrono::milliseconds>(
                                        *next_end_ - Clock::now()));
    return std::max(longest, kPauseMin);
}

void LeaseKeeper::run() {
    const bool is_guest = options_.sharing == LeaseSharing::kOnDemand;
    bool is_first = !is_guest;
    while (true) {
        {
            std::unique_lock<std::mutex> lock(mutex_);
            // A guest without leases has nothing to look after.
            if (is_guest) changed_.wait(lock, [this] { return is_stopping_ || !held_.empty(); });
            const auto is_due = [this] { return is_stopping_ || must_look_; };
            if (!is_first) changed_.wait_for(lock, pause(), is_due);
            if (is_stopping_) return;
            is_first = false;
            must_look_ = false;
        }
        try {
            renew();
            if (!is_guest) share();
            const std::lock_guard<std::mutex> lock(mutex_);
            problem_.clear();
        } catch (const Fault& fault) {
            next_end_.reset();  // was read before
            // Appends say what is wrong. What could not be renewed in time is not ours to write.
            std::vector<Shard> shards;
            {
                const std::lock_guard<std::mutex> lock(mutex_);
                problem_ = fault.what();
                if (Clock::now() - renewed_at_ < options_.owner.length) continue;
                for (const auto& [shard, lease] : held_) shards.push_back(shard);
                held_.clear();
            }
            for (const Shard shard : shards) tell(shard, std::nullopt);
        }
    }
}

void LeaseKeeper::renew() {
    if (options_.sharing == LeaseSharing::kFairShare) rows_->renew_node();
    const std::vector<Shard> shards = held_shards();
    const Clock::time_point asked_at = Clock::now();
    const std::vector<RenewedLease> renewed =
        shards.empty() ? std::vector<RenewedLease>() : rows_->renew(shards);
    std::vector<std::pair<Shard, Epoch>> lost;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        renewed_at_ = asked_at;
        for (const Shard shard : shards) {
            const bool is_ours =
                std::any_of(renewed.begin(), renewed.end(),
                            [shard](const RenewedLease& lease) { return lease.shard == shard; });
            const auto found = held_.find(shard);
            if (!is_ours && found != held_.end()) lost.emplace_back(shard, found->second.epoch);
        }
    }
    for (const auto& [shard, epoch] : lost) lose(shard, epoch);
    if (options_.sharing == LeaseSharing::kOnDemand) give_back_idle(renewed);
}

void LeaseKeeper::give_back_idle(const std::vector<RenewedLease>& renewed) {
    std::vector<Shard> leaving;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const Clock::time_point now = Clock::now();
        for (const RenewedLease& lease : renewed) {
            const auto found = held_.find(lease.shard);
            if (found == held_.end()) continue;
            const Clock::duration idle = now - found->second.used_at;
            if (found->second.is_awaited && idle < options_.owner.length) continue;
            const bool is_idle = found->second.uses == 0 && idle > kIdleMax;
            if (!lease.is_wanted && !is_idle) continue;
            if (lease.is_wanted) yielded_[lease.shard] = now + kYield;
            leaving.push_back(lease.shard);
        }
    }
    if (!leaving.empty()) release(leaving);
}

// What the others do with the shards meanwhile, they see at their next look.
void LeaseKeeper::share() {
    const std::vector<LeaseRow> rows = rows_->all();
    std::vector<OwnedShard> shards;
    next_end_.reset();
    for (const LeaseRow& row : rows) {
        shards.push_back({row.shard, row.is_live() ? row.owner : std::string()});
        if (!row.is_live() || row.owner == options_.owner.name) continue;
        const Clock::time_point end = Clock::now() + row.left + kWhenExpired;
        if (!next_end_ || end < *next_end_) next_end_ = end;
    }
    const SharePlan plan = plan_shares(shards, rows_->live_nodes(), options_.owner.name);
    if (!plan.release.empty()) release(plan.release);
    std::size_t missing = plan.take_at_most;
    for (const Shard shard : plan.take) {
        if (missing == 0) return;
        if (take(shard).epoch) --missing;
    }
}

// Waits for the appends that are on their way.
void LeaseKeeper::release(const std::vector<Shard>& shards) {
    std::vector<Shard> given;
    {
        std::unique_lock<std::mutex> lock(mutex_);
        for (const Shard shard : shards) {
            const auto found = held_.find(shard);
            if (found != held_.end()) found->second.is_leaving = true;
        }
        for (const Shard shard : shards) {
            changed_.wait(lock, [&] {
                const auto found = held_.find(shard);
                return found == held_.end() || found->second.uses == 0;
            });
            if (held_.erase(shard) > 0) given.push_back(shard);
        }
    }
    for (const Shard shard : given) tell(shard, std::nullopt);
    if (!given.empty()) rows_->release(given);
}

void LeaseKeeper::stop() {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (has_stopped_) return;
        is_stopping_ = true;
        has_stopped_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
    try {
        release(held_shards());
        if (options_.sharing == LeaseSharing::kFairShare) rows_->remove_node();
    } catch (const Fault&) {
        // The server is away: what is left runs out by itself.
    }
}

}  // namespace skein::log
