// Projector: takes the events of shards from the log, in order, into the rows of one generation.
//
// Rules: a position at or below the checkpoint is dropped, the next one is applied, any other is a
// Fault; the hash in front of an event must be the checkpoint's. The rows of many events and their
// checkpoint are one batch. An event that does not decode or is refused parks its stream; later
// events of that stream are passed over, and all others go on.
// Threads: one owner. Errors: store::ViewDamage where the generation is lost, Fault kCorruption where
// the log is broken, kUnavailable. After a throw the projector stands at its last written batch.
// Source: design section 6, reliability 3.2 to 3.4; V-171.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "engine/codec/codec.h"
#include "engine/codec/envelope.h"
#include "engine/log/event_log.h"
#include "projections/core/checkpoints.h"
#include "projections/core/view.h"
#include "projections/store/view_store.h"

namespace skein::projections::core {

struct ProjectorOptions {
    Identity identity;
    store::Journal journal = store::Journal::kKept;
    // A batch is written when it reaches either: large ones cost less, small ones are seen sooner.
    std::uint64_t batch_events_max = 1000;
    std::size_t batch_bytes_max = 4U << 20;
    // Where events are read, as the log's topic tells them; null: the log. It outlives the
    // projector.
    const log::EventFeed* feed = nullptr;
    // After each batch, when readers may see it.
    std::function<void(Shard, Position)> on_written;
};

class Projector {
 public:
    Projector(const log::EventLog& log, const codec::Codec& codec, store::ViewStore& store,
              View& view, ProjectorOptions options);
    ~Projector();

    Position position(Shard shard) const;

    // Projects at most `events_max` events of the shard; returns how many there were. Everything
    // taken is written.
    std::uint64_t advance(Shard shard, std::uint64_t events_max);
    // Does a piece of the view's own work; false where there was none.
    bool work();

 private:
    class Batch;
    struct Taken;

    void take(const log::EventView& view);
    void apply(const log::EventView& view, const codec::DecodedEvent& decoded);
    void park_undecodable(const log::EventView& view, const std::string& why);
    void park(const log::EventView& view, const Stream& stream, Version version,
              const Refusal& refusal);
    void passed(const log::EventView& view);
    void must_follow(const log::EventView& view, std::string_view previous) const;
    void write();
    void reset();
    store::CheckpointRow& checkpoint(Shard shard);

    const log::EventLog& log_;
    const codec::Codec& codec_;
    store::ViewStore& store_;
    View& view_;
    const ProjectorOptions options_;
    std::map<Shard, store::CheckpointRow> checkpoints_;  // of what is in the batch or written
    std::set<Stream> parked_;
    std::unique_ptr<Batch> batch_;
    Shard shard_;                     // that the batch belongs to
    std::uint64_t batch_events_ = 0;  // in the batch
};

// The row of an event that is parked because a view refused it. Its number is the same in every
// generation.
store::ParkedRow parked_row(const log::EventView& view, Version version, const Refusal& refusal);

}  // namespace skein::projections::core
