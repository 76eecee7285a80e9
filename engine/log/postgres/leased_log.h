// LeasedLog: a log as the one who writes it sees it: appends go under the leases of this process.
//
// Readers use the log itself. head() gives the epoch that an append will have: that of our lease,
// or for a guest without one the next, under which the append then takes it. What was lost in a
// doubt is fenced before anything is read again, so that every later look is final (an append that
// is still on its way can no longer commit).
// Threads: as EventLog. Errors: Fault of the log and of leases, nothing written then; kFenced with a
// detail where the shard is another one's.
// Source: design sections 3 (unknown commit outcome, leases) and 4 (ownership); P2, P4.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/log/event_log.h"
#include "engine/log/postgres/lease_keeper.h"

namespace skein::log {

class LeasedLog final : public EventLog {
 public:
    // How long an append of a guest waits for another guest. It is tried some times.
    static constexpr std::chrono::milliseconds kWaitMax{5000};

    // Both outlive it.
    LeasedLog(EventLog& log, LeaseKeeper& keeper) : log_(&log), keeper_(&keeper) {}

    const StoreInfo& info() const override { return log_->info(); }
    std::uint32_t shard_count() const override { return log_->shard_count(); }
    bool has_other_writers() const override { return true; }
    Head head(Shard shard) const override;
    std::vector<AppendResult> append(const std::vector<Batch>& batches) override;
    // Also fences what is in doubt.
    void reopen() override;
    Epoch take_over(Shard shard) override;
    std::optional<IntakePoint> intake_point(Shard shard) const override;
    std::optional<Position> find_stray(Shard shard) const override {
        return log_->find_stray(shard);
    }
    bool move_intake(Shard shard, Epoch epoch, const IntakePoint& point) override;

    std::uint64_t scan(Shard shard, Position after,
                       const std::function<bool(const EventView&)>& visit) const override {
        return log_->scan(shard, after, visit);
    }
    Position grown_to(Shard shard) const override { return log_->grown_to(shard); }
    bool wait_for_growth(const std::vector<Position>& known,
                         std::chrono::milliseconds timeout) const override {
        return log_->wait_for_growth(known, timeout);
    }
    void interrupt_waiters() override { log_->interrupt_waiters(); }
    std::optional<Receipt> find_receipt(const Scope& scope, const Uuid& command_id) const override {
        return log_->find_receipt(scope, command_id);
    }
    Version stream_head(const Stream& stream) const override { return log_->stream_head(stream); }
    std::optional<Position> position_of(const Stream& stream, Version version) const override {
        return log_->position_of(stream, version);
    }
    std::uint64_t scan_stream(const Stream& stream, Version after,
                              const std::function<bool(const EventView&)>& visit) const override {
        return log_->scan_stream(stream, after, visit);
    }
    std::uint64_t scan_streams(
        const Scope& scope, const Stream& after,
        const std::function<bool(const Stream&, Version head)>& visit) const override {
        return log_->scan_streams(scope, after, visit);
    }
    std::uint64_t scan_index(
        const std::function<bool(const Stream&, Version, Position)>& visit) const override {
        return log_->scan_index(visit);
    }
    std::uint64_t scan_receipts(const std::function<bool(const Scope&, const Uuid&,
                                                         const Receipt&)>& visit) const override {
        return log_->scan_receipts(visit);
    }
    std::optional<StoredEvent> read(Shard shard, Position position) const override {
        return log_->read(shard, position);
    }
    void put_snapshot(const Stream& stream, Version version, std::string_view bytes) override {
        log_->put_snapshot(stream, version, bytes);
    }
    std::optional<StoredSnapshot> find_snapshot(const Stream& stream,
                                                Version at_most) const override {
        return log_->find_snapshot(stream, at_most);
    }

 private:
    struct Part;  // of an append

    Part prepare(const Batch& batch, std::size_t place);
    AppendResult confirm(const Batch& batch) const;
    void append_parts(const std::vector<Batch>& batches, std::vector<Part> parts,
                      std::vector<AppendResult>& results);
    AppendResult append_waiting(const Batch& batch);
    void fence_doubts() const;

    EventLog* log_;
    LeaseKeeper* keeper_;
    mutable std::mutex mutex_;
    mutable std::set<Shard> doubts_;  // guarded by mutex_
};

}  // namespace skein::log
