// A State: one aggregate (or its document) at one point, built by folding events. Copies share.
//
// state_at(stream, version) is the fold of the stream's events up to there; nothing else is the
// truth. evolve() is pure: event and past in, state out, no clock, no I/O. Cost follows the change.
// Threads: const use from many threads; change needs one owner. Errors: evolve CHECKs its own order;
// events that reached it passed the codec's validation; a reference that resolves to nothing is a
// Fault (see stored_value). Source: V-26, V-170, design sections 5, 7.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/domain/event.h"
#include "engine/json/digest.h"
#include "engine/json/value.h"

namespace skein::domain {

class State;

// States of the same scope as they were: what restore, fork, inheritance and references rest on.
// Implementations: replay (pure fold), the projector (history view), the executor (its cache).
class Past {
 public:
    virtual ~Past() = default;
    // The state of `stream` at `version`, 0 < version <= its head. Never null.
    virtual std::shared_ptr<const State> at(const Stream& stream, Version version) const = 0;
};

// The value that an event stored. Throws Fault kCorruption where a reference leads to no such
// value: the log then does not fold.
json::Value stored_value(const StoredValue& value, const Past& past);

// The last event that a state or document contains; version 0 before the first.
struct Mark {
    Version version;
    Shard shard;
    Position position;
    Timestamp recorded_at;
    Uuid event_id;
};

class State {
 public:
    explicit State(Stream stream) : stream_(std::move(stream)) {}
    virtual ~State() = default;

    const Stream& stream() const { return stream_; }
    Version version() const { return mark_.version; }
    bool exists() const { return mark_.version.value() > 0; }
    const Mark& mark() const { return mark_; }

    // Shares structure: O(1) in the size of the state.
    virtual std::shared_ptr<State> clone() const = 0;

    // The contract's state document without `point` and `digest`. `now` decides what has expired.
    virtual json::Value document(Timestamp now) const = 0;
    // The values alone (`--values`).
    virtual json::Value values(Timestamp now) const = 0;
    // Of document() without times and without version, source and actor of entries.
    virtual json::Digest digest() const = 0;
    // The areas of its keys, in the order in which a bare key is looked for; one without a name
    // where all stand together.
    virtual std::vector<std::string_view> key_areas() const { return {std::string_view()}; }
    // The value that blame follows; nullopt where absent, or left out at `now`. By default a member
    // of values().
    virtual std::optional<json::Value> keyed_value(const PlacedKey& place, Timestamp now) const;
    // The version that a name stands for: spaces "tag", "ckpt" and "step" (its last event).
    virtual std::optional<Version> named_point(std::string_view /*space*/,
                                               std::string_view /*name*/) const {
        return std::nullopt;
    }
    // The value under `key` of `area`, as a ValueRef names it; nullopt where there is none.
    virtual std::optional<json::Value> find_value(std::string_view /*area*/,
                                                  std::string_view /*key*/) const {
        return std::nullopt;
    }
    // Whether a recovery point should be kept now, having last been considered at version `since`.
    virtual bool is_recovery_point(Version /*since*/) const { return false; }
    // About what document() takes as text: decides when a keyframe is due. O(1).
    virtual std::size_t size_bytes() const = 0;
    // About what it takes in memory: decides what caches hold. O(1).
    virtual std::size_t memory_bytes() const { return size_bytes(); }

    // Folds the next event of this stream. Precondition: meta.version is version() + 1.
    void apply(const Event& event, const Past& past);
    // Folds an event of another stream of the scope, for documents that list their scope (a swarm's
    // runs). Moves the mark's position, not the version.
    void observe(const Event& event);
    // Takes away what was observed: what is left is the fold of this stream alone, but for the
    // mark.
    virtual void forget_observed() {}

    // For codecs that restore a state from its own bytes.
    void set_mark(const Mark& mark) { mark_ = mark; }

 protected:
    State(const State&) = default;
    State& operator=(const State&) = default;

    virtual void evolve(const Event& event, const Past& past) = 0;
    virtual void evolve_observed(const Event& event);

 private:
    Stream stream_;
    Mark mark_;
};

}  // namespace skein::domain
