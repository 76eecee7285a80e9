#include "engine/log/postgres/leased_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "engine/base/fault.h"
#include "engine/base/fault_codes.h"

namespace skein::log {

namespace {

// Under which nobody ever writes.
constexpr Epoch kNoEpoch(UINT64_MAX);
constexpr std::chrono::milliseconds kPauseMin{10};
constexpr std::chrono::milliseconds kPauseMax{100};

std::string owner_text(const LeaseRow& holder) {
    if (holder.owner.empty()) return "nobody yet";
    if (holder.address.empty()) return holder.owner;
    return fmt::format("the node {} at {}", holder.owner, holder.address);
}

AppendResult fenced(const Batch& batch, std::string detail) {
    AppendResult result;
    result.outcome = BatchOutcome::kFenced;
    result.commands.resize(batch.commands.size());
    result.detail = std::move(detail);
    return result;
}

AppendResult not_ours(const Batch& batch, const LeaseRow& holder) {
    return fenced(
        batch, fmt::format("shard {} is written by {}", batch.shard.value(), owner_text(holder)));
}

}  // namespace

// A batch on its way: with the right to append it, or with its result.
struct LeasedLog::Part {
    std::size_t place;
    std::optional<LeaseKeeper::Use> use;
    std::optional<AppendResult> result;  // neither: its lease has to be waited for
};

Head LeasedLog::head(Shard shard) const {
    fence_doubts();
    Head head = log_->head(shard);
    const auto epoch = keeper_->held(shard);
    if (epoch) {
        head.epoch = *epoch;
    } else if (keeper_->sharing() == LeaseSharing::kOnDemand) {
        head.epoch = Epoch(head.epoch.value() + 1);
    } else {
        head.epoch = kNoEpoch;
    }
    return head;
}

void LeasedLog::fence_doubts() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    while (!doubts_.empty()) {
        keeper_->fence_orphans(*doubts_.begin());
        doubts_.erase(doubts_.begin());
    }
}

void LeasedLog::reopen() {
    log_->reopen();
    fence_doubts();
}

Epoch LeasedLog::take_over(Shard shard) {
    const TakenLease taken = keeper_->take(shard);
    if (taken.epoch) return *taken.epoch;
    throw Fault(fault_codes::kStoreLocked,
                fmt::format("shard {} is written by {}", shard.value(), owner_text(taken.holder)),
                "Wait until its lease has run out.");
}

// As head(): what an append in doubt has kept is seen, or will never be.
std::optional<IntakePoint> LeasedLog::intake_point(Shard shard) const {
    fence_doubts();
    return log_->intake_point(shard);
}

bool LeasedLog::move_intake(Shard shard, Epoch epoch, const IntakePoint& point) {
    fence_doubts();
    const auto use = keeper_->use(shard, epoch);
    if (!use) return false;
    const bool is_kept = log_->move_intake(shard, epoch, point);
    if (!is_kept) keeper_->lose(shard, epoch);
    return is_kept;
}

// A batch without commands asks whether the head still stands. A guest need not own the shard for
// that: what it saw is confirmed by looking once more.
AppendResult LeasedLog::confirm(const Batch& batch) const {
    AppendResult result;
    result.head = log_->head(batch.shard);
    const Epoch next(result.head.epoch.value() + 1);
    result.outcome = BatchOutcome::kAppended;
    if (batch.expected_head != result.head.position) result.outcome = BatchOutcome::kStaleHead;
    if (batch.epoch != next) result.outcome = BatchOutcome::kFenced;
    result.head.epoch = next;
    return result;
}

LeasedLog::Part LeasedLog::prepare(const Batch& batch, std::size_t place) {
    Part part{place, keeper_->use(batch.shard, batch.epoch), std::nullopt};
    if (part.use) return part;
    if (keeper_->held(batch.shard)) {
        part.result = fenced(batch, "the lease of the shard was taken again meanwhile");
        return part;
    }
    if (keeper_->sharing() == LeaseSharing::kFairShare) {
        part.result = not_ours(batch, {});
        return part;
    }
    if (batch.commands.empty()) {
        part.result = confirm(batch);
        return part;
    }
    const TakenLease taken = keeper_->take(batch.shard);
    if (!taken.epoch) {
        // A node gives nothing up for a guest.
        if (!taken.holder.address.empty()) part.result = not_ours(batch, taken.holder);
        return part;
    }
    if (*taken.epoch == batch.epoch)
        return {place, keeper_->use(batch.shard, *taken.epoch), std::nullopt};
    Part again{place, keeper_->use_later(batch.shard, *taken.epoch), std::nullopt};
    if (again.use) again.result = fenced(batch, "another one wrote to the shard meanwhile");
    return again;
}

std::vector<AppendResult> LeasedLog::append(const std::vector<Batch>& batches) {
    fence_doubts();
    std::vector<AppendResult> results(batches.size());
    std::vector<Part> ready;
    // Taken under another epoch than the batch was made for: it will be made again, and must find
    // the lease then, however long it takes to take the others.
    std::vector<LeaseKeeper::Use> kept;
    std::vector<std::size_t> waiting;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        Part part = prepare(batches[i], i);
        if (part.result) {
            results[i] = std::move(*part.result);
            if (part.use) kept.push_back(*std::move(part.use));
        } else if (part.use) {
            ready.push_back(std::move(part));
        } else {
            waiting.push_back(i);
        }
    }
    append_parts(batches, std::move(ready), results);
    kept.clear();
    // One at a time, holding no right to another shard: so nobody waits in a circle.
    for (const std::size_t i : waiting) results[i] = append_waiting(batches[i]);
    return results;
}

void LeasedLog::append_parts(const std::vector<Batch>& batches, std::vector<Part> parts,
                             std::vector<AppendResult>& results) {
    if (parts.empty()) return;
    std::vector<AppendResult> answers;
    if (parts.size() == batches.size()) {
        answers = log_->append(batches);
    } else {
        std::vector<Batch> chosen;
        chosen.reserve(parts.size());
        for (const Part& part : parts) chosen.push_back(batches[part.place]);
        answers = log_->append(chosen);
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Batch& batch = batches[parts[i].place];
        AppendResult& answer = answers[i];
        if (answer.outcome == BatchOutcome::kFenced) {
            keeper_->lose(batch.shard, batch.epoch);
            answer.detail = fmt::format("shard {} was taken over", batch.shard.value());
        }
        if (answer.outcome == BatchOutcome::kInDoubt) {
            const std::lock_guard<std::mutex> lock(mutex_);
            doubts_.insert(batch.shard);
        }
        results[parts[i].place] = std::move(answer);
    }
}

AppendResult LeasedLog::append_waiting(const Batch& batch) {
    const auto end = std::chrono::steady_clock::now() + kWaitMax;
    auto next_pause = kPauseMin;
    while (true) {
        std::this_thread::sleep_for(next_pause);
        next_pause = std::min(next_pause * 2, kPauseMax);
        try {
            const TakenLease taken = keeper_->take(batch.shard);
            if (taken.epoch) break;
            if (!taken.holder.address.empty() || std::chrono::steady_clock::now() > end)
                return not_ours(batch, taken.holder);
        } catch (const Fault& fault) {
            return fenced(batch, fault.what());  // others of this append may be written
        }
    }
    std::vector<AppendResult> results(1);
    Part part{0, keeper_->use(batch.shard, batch.epoch), std::nullopt};
    if (!part.use) return fenced(batch, "another one wrote to the shard meanwhile");
    std::vector<Part> parts;
    parts.push_back(std::move(part));
    try {
        append_parts({batch}, std::move(parts), results);
    } catch (const Fault& fault) {
        return fenced(batch, fault.what());
    }
    return results.front();
}

}  // namespace skein::log
