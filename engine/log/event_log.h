// The log: the only truth. EventFeed is what readers need, EventLog what a shard's writer needs.
//
// Promises of every backend: positions of a shard and versions of a stream are dense (1, 2, 3...);
// no reader sees position n+1 before n; a batch is all or nothing; an acknowledged event survives
// any crash (memory excepted); a command id is appended at most once in its scope; stored bytes
// come back as they were given.
// Threads: all methods from any thread; one append per shard at a time is the caller's duty.
// Errors: expected answers are values (AppendResult); Fault kUnavailable, kCorruption, kConfig else.
// Source: design section 3; P1, P2, P4, P5.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/log/batch.h"

namespace skein::log {

// Fixed when the store is made.
struct StoreInfo {
    Uuid store_id;
    Uuid incarnation;  // changes when a log is restored: views above it must not be believed
    std::uint32_t shard_count = 16;
    std::string secret;  // 32 bytes: keys the content hashes of receipts
};

// One event as it stands. Views are valid during the call that hands them out.
struct EventView {
    Shard shard;
    Position position;
    std::string_view bytes;  // envelope
    std::string_view hash;   // 32 bytes: h(position)
};

class EventFeed {
 public:
    virtual ~EventFeed() = default;

    virtual std::uint32_t shard_count() const = 0;
    virtual Head head(Shard shard) const = 0;
    // Events after `after` in order, while visit returns true. Returns how many were visited.
    virtual std::uint64_t scan(Shard shard, Position after,
                               const std::function<bool(const EventView&)>& visit) const = 0;
    // How far the shard is known to reach without asking anybody: its head as appends through this
    // feed and waits for growth have seen it last.
    virtual Position grown_to(Shard shard) const = 0;
    // Waits until any shard's head is beyond `known` (indexed by shard), or until the timeout, or
    // until interrupt_waiters(). Returns whether one is.
    virtual bool wait_for_growth(const std::vector<Position>& known,
                                 std::chrono::milliseconds timeout) const = 0;
    virtual void interrupt_waiters() = 0;
};

class EventLog : public EventFeed {
 public:
    virtual const StoreInfo& info() const = 0;

    // Whether other processes may write to it meanwhile. Then what was seen is true only where the
    // head still stands; a batch without commands and events asks for that.
    virtual bool has_other_writers() const { return false; }

    // Durable before it returns kAppended. Batches of different shards may share one sync.
    virtual std::vector<AppendResult> append(const std::vector<Batch>& batches) = 0;
    AppendResult append_one(const Batch& batch) { return append({batch}).front(); }

    // After kInDoubt: closes what is underneath and opens it again, so that what stands is known.
    // Throws Fault where it cannot; then it may be called again. Backends that are never in doubt
    // do nothing.
    virtual void reopen() {}

    // Takes the shard over: raises and returns its epoch; older epochs are fenced from then on.
    virtual Epoch take_over(Shard shard) = 0;

    // The last point that was kept; none before the first.
    virtual std::optional<IntakePoint> intake_point(Shard shard) const = 0;
    // Keeps a point without an append, also one further back. False where the epoch is not ours any
    // more: nothing was kept, and after a takeover nothing is.
    virtual bool move_intake(Shard shard, Epoch epoch, const IntakePoint& point) = 0;

    virtual std::optional<Receipt> find_receipt(const Scope& scope,
                                                const Uuid& command_id) const = 0;
    // The receipts of many commands, in their order, for the price of few round trips.
    struct CommandName {
        Scope scope;
        Uuid command_id;
    };
    virtual std::vector<std::optional<Receipt>> find_receipts(
        const std::vector<CommandName>& commands) const;

    // An event that stands behind the head of a shard, where appends never put one; none where all
    // is well, and of backends that find their heads by their events. For who checks the log.
    virtual std::optional<Position> find_stray(Shard /*shard*/) const { return std::nullopt; }

    virtual Version stream_head(const Stream& stream) const = 0;
    virtual std::optional<Position> position_of(const Stream& stream, Version version) const = 0;
    // Events of one stream with a version > after, in order, while visit returns true.
    virtual std::uint64_t scan_stream(const Stream& stream, Version after,
                                      const std::function<bool(const EventView&)>& visit) const = 0;
    // Streams of a scope (all scopes where empty) in name order, from after `after` on, with heads.
    virtual std::uint64_t scan_streams(
        const Scope& scope, const Stream& after,
        const std::function<bool(const Stream&, Version head)>& visit) const = 0;
    // The stream index itself, as it stands: in name order, each stream's versions in order. For
    // who checks it against the events.
    virtual std::uint64_t scan_index(
        const std::function<bool(const Stream&, Version, Position)>& visit) const = 0;
    // The receipts as they stand, those of one scope together. For who checks them against the
    // events.
    virtual std::uint64_t scan_receipts(
        const std::function<bool(const Scope&, const Uuid& command_id, const Receipt&)>& visit)
        const = 0;
    // One event's bytes and hash, owned.
    struct StoredEvent {
        std::string bytes;
        Hash hash;
    };
    virtual std::optional<StoredEvent> read(Shard shard, Position position) const = 0;

    // Recovery points, kept beside the events; the newest one at or below `at_most`.
    struct StoredSnapshot {
        Version version;
        std::string bytes;
    };
    virtual void put_snapshot(const Stream& stream, Version version, std::string_view bytes) = 0;
    virtual std::optional<StoredSnapshot> find_snapshot(const Stream& stream,
                                                        Version at_most) const = 0;
};

// The shard of a stream in this log.
inline Shard shard_of(const EventLog& log, const Stream& stream) {
    return skein::shard_of(scope_of(stream), log.shard_count());
}

}  // namespace skein::log
