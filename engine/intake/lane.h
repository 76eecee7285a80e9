// Lane: one partition of the commands topic under one epoch: what was read and is not told yet.
//
//   waiting -> deciding -> telling -> told        a command of this shard
//   waiting -> telling -> told                    a dead letter; sent on to another shard
//   deciding -> waiting                           it was not decided
// Entries stand in the order of offsets. One that was not accepted stops its term: what is behind
// it comes back undecided and goes on under a new term, once nothing is being decided any more and
// the refusal is told. Invariant: told() <= every offset that stands here. Threads: one. Errors:
// none.
// Source: design section 4 (command intake).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>

#include "engine/intake/parcel.h"
#include "engine/log/event_log.h"
#include "engine/runtime/runtime.h"

namespace skein::intake {

class Lane {
 public:
    using Instant = std::chrono::steady_clock::time_point;
    enum class Stage { kWaiting, kDeciding, kTelling, kTold };
    struct Entry {
        std::uint64_t offset = 0;
        std::uint64_t mark = 0;  // as in log::IntakePoint
        Stage stage = Stage::kWaiting;
        int telling = 0;          // deliveries on their way
        bool is_refusal = false;  // of the domain: nothing behind it is decided before it is told
        std::size_t bytes = 0;
        Parcel parcel;  // as it was read; given away or freed with the last stage that needs it
    };
    // Where an owner begins: `point` is what stands in the log, `first` the offset to read first.
    struct Start {
        std::uint64_t id = 0;  // of this lane among all that ever were
        Shard shard;
        Epoch epoch;
        log::IntakePoint point;
        std::uint64_t first = 0;
    };
    explicit Lane(const Start& start);

    std::uint64_t id() const { return start_.id; }
    Shard shard() const { return start_.shard; }
    Epoch epoch() const { return start_.epoch; }
    const std::shared_ptr<runtime::IntakeTerm>& term() const { return term_; }

    // Reading.
    std::uint64_t next_read() const { return next_read_; }
    std::size_t size() const { return entries_.size(); }
    std::size_t bytes() const { return bytes_; }
    void add(std::uint64_t offset, std::uint64_t mark, Parcel parcel);

    // The next one to be looked at, or null.
    Entry* next();
    Entry* find(std::uint64_t offset);
    // Whether an owner before has decided it: then it has its receipt, or its refusal was told.
    bool is_known(const Entry& entry) const { return entry.offset < known_; }
    std::size_t deciding() const { return deciding_; }

    void begin_deciding(Entry& entry);
    // Its events stand, and with them the offset behind it.
    void set_accepted(const Entry& entry);
    // Refused by the domain.
    void set_refused(Entry& entry);
    // It was not decided: it is tried again, not before `when`.
    void set_undecided(Entry& entry, Instant when);
    void begin_telling(Entry& entry);  // once for each delivery
    // One of its deliveries arrived, or there was none to be made.
    void set_told(Entry& entry);

    // Every answer before it was told.
    std::uint64_t told() const;
    // Whether there is something to be kept without an append. Not while the runtime has commands
    // of this lane: it may keep another point at the same time.
    bool has_point_to_keep() const { return deciding_ == 0 && kept_.told < told(); }
    // Some of it no append has kept: refusals, duplicates, dead letters, records sent on.
    bool is_point_needed() const { return kept_.next < told(); }
    // Never before the one that was kept.
    log::IntakePoint point() const;
    void set_kept(const log::IntakePoint& point, Instant now);
    Instant kept_at() const { return kept_at_; }
    bool has_refusals() const { return refusals_ > 0; }  // that are not told

    bool is_suspended = false;  // full: the reader does not follow it
    Instant retry_at;

 private:
    bool may_go_on();

    Start start_;
    std::uint64_t known_;
    std::uint64_t next_read_;
    std::shared_ptr<runtime::IntakeTerm> term_;
    std::deque<Entry> entries_;
    std::size_t bytes_ = 0;
    std::uint64_t told_mark_;    // of the record before told()
    std::uint64_t next_offset_;  // of the entries, the first one to be looked at
    std::size_t deciding_ = 0;
    std::size_t refusals_ = 0;  // that are not told
    bool is_stopped_ = false;
    log::IntakePoint kept_;
    Instant kept_at_;
};

}  // namespace skein::intake
