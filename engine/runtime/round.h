// A Round: commands of any shards decided in order against their newest states, to be appended as
// one batch a shard.
//
// Later commands of a round see the effects of earlier ones. Nothing of it may be answered before
// the append: acceptances and rejections alike rest on events that are not durable yet. A command
// that asks for a point which only the log can find, while the round has events of that shard, ends
// the round for its shard: it is decided again after the append.
//
// A round may be decided while the one before is still being appended: it rests on what that one
// will leave, and may be appended only if that is what came about.
// Threads: owned by the thread that runs it. Errors: Fault of the log or of state sources.
// Source: design section 3 (group commit).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/time.h"
#include "engine/codec/codec.h"
#include "engine/domain/command.h"
#include "engine/log/event_log.h"
#include "engine/replay/states.h"
#include "engine/runtime/outcome.h"
#include "engine/runtime/snapshotter.h"
#include "engine/runtime/state_cache.h"

namespace skein::runtime {

// What stays true of a shard between rounds: its end, as of the last append.
struct ShardEnd {
    log::Head head;
    Timestamp recorded_at;  // of the last event
};

// What a round reads; all outlive it.
struct RoundSources {
    const log::EventLog* log;
    const codec::Codec* codec;
    const replay::States* history;  // any version of any stream that is committed
    const domain::Limits* limits;
    StateCache* cache;
    std::uint16_t store_bits;  // of event ids
    Snapshotter* snapshots;    // null: none are kept
};

enum class Take {
    kDecided,    // accepted or rejected; see outcome(index)
    kNextRound,  // has to wait for this round's append
};
enum class Wanted {
    kAny,
    kRejections,  // what would be accepted is left for the next round
};

// What a command would do now: its outcome without versions and positions, and its events.
struct Preview {
    Outcome outcome;
    domain::NewEvents events;
};

class Round {
 public:
    // `before`: the round that is being appended, or null; it outlives this one, or rest_on_log().
    Round(const RoundSources& sources, Timestamp now, Round* before = nullptr);

    // Decides `command`, which must outlive the round.
    Take take(const domain::Command& command, const std::map<Shard, ShardEnd>& ends,
              Wanted wanted = Wanted::kAny);

    // Decides without taking it into the round. Only in a round that has taken nothing.
    Preview preview(const domain::Command& command, const std::map<Shard, ShardEnd>& ends);

    // The last command taken was accepted, and came by the partition of its shard: what it moves
    // the shard's intake to is kept with its events.
    void move_intake(const log::IntakePoint& point);

    // The round before this one was appended as it was decided.
    void rest_on_log() { before_ = nullptr; }

    bool has_batches() const { return !batches_.empty(); }
    // Adds an empty batch for each shard of which there are only rejections: they are answered if
    // what they rest on still stands.
    void confirm_heads();
    std::size_t bytes() const { return bytes_; }

    // One batch a shard that has events, or whose head is to be confirmed. `contributors[i][k]` is
    // the index of the round's command that batch i's command k is.
    const std::vector<log::Batch>& batches() const { return batches_; }
    const std::vector<std::vector<std::size_t>>& contributors() const { return contributors_; }

    // The decision of command `index`, to be told once its shard's batch is appended.
    const Outcome& outcome(std::size_t index) const { return decisions_[index].outcome; }
    const domain::Command& command(std::size_t index) const { return *decisions_[index].command; }
    Shard shard(std::size_t index) const { return decisions_[index].shard; }
    std::size_t size() const { return decisions_.size(); }

    // After the append of `shard`: its states become the committed ones; returns its new end.
    ShardEnd commit(Shard shard);

 private:
    class RoundScene;
    struct Decision {
        const domain::Command* command;
        Shard shard;
        Outcome outcome;
    };
    // The states of one shard's streams as this round left them, and its batch.
    struct ShardWork {
        Shard shard;
        ShardEnd end;                      // moves with every event of the round
        std::optional<std::size_t> batch;  // index into batches_
        std::unordered_map<Stream, std::shared_ptr<domain::State>> states;
        std::unordered_map<Stream, Version> committed;  // versions known to be durable
        bool closed = false;
    };

    // A state and the version of its stream that is known to be durable.
    struct Loaded {
        std::shared_ptr<domain::State> state;
        Version committed;
    };

    ShardWork& work_of(Shard shard, const std::map<Shard, ShardEnd>& ends);
    std::shared_ptr<domain::State> state_of(ShardWork& work, const Stream& stream);
    Loaded load(Shard for_shard, const Stream& stream);
    std::optional<Loaded> hand_over(Shard shard, const Stream& stream);
    bool has_events_of(Shard shard) const;
    bool is_in_the_air(Shard shard) const {
        return before_ != nullptr && before_->has_events_of(shard);
    }
    bool seen_before(const ShardWork& work, const domain::Command& command) const;
    // Events of one command on their way into the batch: all or none.
    struct Draft {
        Shard shard;
        ShardEnd end;
        std::vector<domain::Event> events;
        std::vector<log::BatchEvent> rows;
    };
    std::optional<domain::Rejection> draft_event(ShardWork& work, const domain::Command& command,
                                                 const domain::NewEvent& event, Draft& draft);
    log::Batch& batch_of(ShardWork& work, Shard shard);
    std::optional<domain::Rejection> append_events(ShardWork& work, const domain::Command& command,
                                                   const domain::NewEvents& events,
                                                   Outcome& outcome);

    const RoundSources sources_;
    const Timestamp now_;
    Round* before_;
    std::map<Shard, ShardWork> works_;
    std::vector<Decision> decisions_;
    std::vector<log::Batch> batches_;
    std::vector<std::vector<std::size_t>> contributors_;
    std::size_t bytes_ = 0;
};

}  // namespace skein::runtime
