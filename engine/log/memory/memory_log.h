// The log in memory: for tests and simulation. It keeps every promise of the port but durability.
//
// Threads: all methods from any thread; one mutex, never held while a visitor runs.
// Errors: none. Source: design section 3 (backends).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "engine/log/event_log.h"
#include "engine/log/growth.h"

namespace skein::log {

class MemoryLog : public EventLog {
 public:
    explicit MemoryLog(StoreInfo info);
    ~MemoryLog() override;

    const StoreInfo& info() const override { return info_; }
    std::uint32_t shard_count() const override { return info_.shard_count; }
    Head head(Shard shard) const override;
    std::uint64_t scan(Shard shard, Position after,
                       const std::function<bool(const EventView&)>& visit) const override;
    Position grown_to(Shard shard) const override { return growth_.position(shard); }
    bool wait_for_growth(const std::vector<Position>& known,
                         std::chrono::milliseconds timeout) const override;
    void interrupt_waiters() override;

    std::vector<AppendResult> append(const std::vector<Batch>& batches) override;
    Epoch take_over(Shard shard) override;
    std::optional<IntakePoint> intake_point(Shard shard) const override;
    bool move_intake(Shard shard, Epoch epoch, const IntakePoint& point) override;

    std::optional<Receipt> find_receipt(const Scope& scope, const Uuid& command_id) const override;
    Version stream_head(const Stream& stream) const override;
    std::optional<Position> position_of(const Stream& stream, Version version) const override;
    std::uint64_t scan_stream(const Stream& stream, Version after,
                              const std::function<bool(const EventView&)>& visit) const override;
    std::uint64_t scan_streams(
        const Scope& scope, const Stream& after,
        const std::function<bool(const Stream&, Version head)>& visit) const override;
    std::uint64_t scan_index(
        const std::function<bool(const Stream&, Version, Position)>& visit) const override;
    std::uint64_t scan_receipts(
        const std::function<bool(const Scope&, const Uuid&, const Receipt&)>& visit) const override;
    std::optional<StoredEvent> read(Shard shard, Position position) const override;
    void put_snapshot(const Stream& stream, Version version, std::string_view bytes) override;
    std::optional<StoredSnapshot> find_snapshot(const Stream& stream,
                                                Version at_most) const override;

 private:
    struct ShardRows {
        Head head;
        std::optional<IntakePoint> intake;
        std::deque<StoredEvent> events;  // by position - 1; a deque, so that rows never move
    };
    class Rows;

    EventView view_of(Shard shard, Position position) const;
    const ShardRows& rows_of(Shard shard) const;

    const StoreInfo info_;
    mutable std::mutex mutex_;
    std::vector<ShardRows> shards_;                         // guarded by mutex_
    std::map<std::string, std::vector<Position>> streams_;  // guarded by mutex_; by version - 1
    std::map<std::string, Receipt> receipts_;               // guarded by mutex_
    std::map<std::string, std::map<Version, std::string>> snapshots_;  // guarded by mutex_
    Growth growth_;
};

}  // namespace skein::log
