// An event as the domain sees it: who, when, where in history (EventMeta), and what happened
// (body).
//
// A body is one immutable struct per event type, derived from EventBody. It knows its type, prints
// itself as the contract's JSON `data`, and says what the scope's list of streams shows after it.
// How a body changes a state is the business of its kind; how it becomes bytes is the codec's.
// Threads: immutable after construction. Errors: none. Source: design section 3, interfaces 8.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/json/digest.h"
#include "engine/json/value.h"

namespace skein::domain {

class State;

struct EventType {
    std::string_view name;  // `RunStarted`
    std::uint16_t version = 1;
    std::string_view kind;  // `run`
};

// Values above this many bytes that already stand elsewhere in the scope are stored as a reference.
inline constexpr std::size_t kInlineValueBytesMax = 1024;

// "The value under `key` in `area` of `stream` as it was at `version`."
struct ValueRef {
    Stream stream;
    Version version;
    std::string area;  // "variables" or "intermediate"
    std::string key;
    json::Digest digest;  // of the value at the empty path, to notice a wrong resolution
};

// A value in an event: itself, or where it stands.
using StoredValue = std::variant<json::Value, ValueRef>;

// A key, and in which of its state's areas it stands: "variables" or "intermediate" of runs; empty
// where all keys of a kind stand together.
struct PlacedKey {
    std::string area;
    std::string key;
    auto operator<=>(const PlacedKey&) const = default;
};

// What an event did to one key: a link in the chain that blame walks back.
struct Touch {
    enum class Effect {
        kReplaces,   // the value begins here
        kBuildsOn,   // the value before it counts too
        kComesFrom,  // the value came from `from` at `from_version` (0: as it was then), `from_key`
                     // (whose area may be empty: where a bare key is found)
        kJoins,      // the value before it and the one from there have both become part of it
        kLeavesOpen,  // nothing yet: the one from there is on offer, until an event closes this one
    };
    std::string_view
        how;  // set append delete merge-op inherit fork merge export restore step-output
    Effect effect = Effect::kReplaces;
    Stream from;
    Version from_version;
    PlacedKey from_key;
    // The event of this stream that left open what this one chose; 0: none. What it came from, or
    // built on, is what stood there.
    Version closes;
    std::string strategy;  // of merges; empty else
    struct Lost {
        Stream stream;
        Version version;
        StoredValue value;
    };
    std::vector<Lost> lost;
};

class EventBody {
 public:
    virtual ~EventBody() = default;
    virtual const EventType& type() const = 0;
    // The contract's `data` object.
    virtual json::Value data() const = 0;
    // What the list of its scope says of this stream from now on (a run's status); most say
    // nothing.
    virtual std::optional<std::string_view> listed_status() const { return std::nullopt; }
    // What this event did to `place` in `before`, the state that it was applied to; nullopt:
    // nothing, or only what the change of the key's value already tells (then blame says "set").
    virtual std::optional<Touch> touch(const State& /*before*/, const PlacedKey& /*place*/) const {
        return std::nullopt;
    }
};

// Everything about an event but its body. Unset optional texts are empty.
struct EventMeta {
    Stream stream;
    Version version;
    Shard shard;
    Position position;
    Uuid event_id;
    Timestamp recorded_at;                 // never going back within a shard
    std::optional<Timestamp> occurred_at;  // as the producer said
    Uuid command_id;
    std::optional<Uuid> causation_id;
    std::optional<Uuid> correlation_id;
    Epoch epoch;
    std::string actor;
    std::string reason;
    std::string traceparent;
    std::string tenant;
};

struct Event {
    EventMeta meta;
    std::shared_ptr<const EventBody> body;
};

// An event that a decision made: its place and time are given when it is appended.
struct NewEvent {
    Stream stream;
    std::shared_ptr<const EventBody> body;
};
using NewEvents = std::vector<NewEvent>;

// {"value":...} or {"ref":{"stream","version","path","digest"}}: how events print a StoredValue.
json::Value stored_value_data(const StoredValue& value);

}  // namespace skein::domain
