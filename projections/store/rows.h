// The values of the view rows. Varints, except digests and hashes (as they are); see bytes.h.
//
// Threads: value types. Errors: read functions throw ViewDamage naming the row where bytes do not
// fit. Layouts belong to kProjectionVersion: change one, raise it, and every view is built anew.
// Source: design section 6.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/domain/state.h"
#include "engine/json/digest.h"

namespace skein::projections::store {

inline constexpr std::uint64_t kProjectionVersion = 5;

// Where a document stands now: what the projector goes on from.
struct HeadRow {
    domain::Mark mark;
    json::Digest digest;
    std::uint64_t ordinal = 0;      // of its last delta
    std::uint64_t base = 0;         // ordinal of the keyframe that deltas rest on; 0: none
    std::uint64_t delta_bytes = 0;  // since the base
    std::uint64_t state_bytes = 0;
    std::uint64_t past_reads = 0;  // see DeltaRow
    std::string listed;  // what lists show: an object in canonical form; empty: ask the state
};
std::string write_head(const HeadRow& row);
HeadRow read_head(std::string_view key, std::string_view value);

// One event as a document needs it: what State::apply looks at. A kind's evolve may rest on stream,
// version, shard, position, event id, recorded_at, occurred_at and actor of an event, and no more.
struct DeltaRow {
    std::uint64_t base = 0;        // ordinal of the keyframe to start from; 0: the empty state
    std::uint64_t past_reads = 0;  // documents of other places to be read for the state after it
    std::string suffix;            // of the event's stream
    bool observed = false;         // of another stream of the scope
    bool elsewhere = false;        // the payload stands in the delta row of the event's own stream
    domain::EventMeta meta;        // without stream and shard, which the key gives
    std::string_view type;
    std::uint16_t type_version = 1;
    std::string_view payload;  // type and payload are views
    json::Digest digest;       // of the document after it
};
void write_delta(std::string& out, const DeltaRow& row, std::uint64_t ordinal);
// `ordinal` of its key; type and payload are views into `value`.
DeltaRow read_delta(std::string_view key, std::string_view value, std::uint64_t ordinal);

// A part of a keyframe: slices of the state in order. A reader stops at the row that is the last.
enum class KeyframePart : std::uint8_t { kMore, kLast };
struct TimelineRow {
    Timestamp recorded_at;
    Uuid event_id;
};
std::string write_timeline(const TimelineRow& row);
TimelineRow read_timeline(std::string_view key, std::string_view value);

struct CheckpointRow {
    Position position;
    Hash hash;                     // of the log at that position
    std::uint64_t projection = 0;  // kProjectionVersion mixed with the state versions of the kinds
    Uuid incarnation;
    std::uint64_t rows = 0;  // kept for this shard
    std::uint64_t bytes = 0;
};
std::string write_checkpoint(const CheckpointRow& row);
CheckpointRow read_checkpoint(std::string_view key, std::string_view value);

enum class ParkedState : std::uint8_t { kWaiting, kDropped };
struct ParkedRow {
    std::uint64_t id = 0;  // shard << 48 | position: the same in every generation
    Version version;
    Shard shard;
    Position position;
    ParkedState state = ParkedState::kWaiting;
    std::string code;
    std::string message;
};
std::string write_parked(const ParkedRow& row);
ParkedRow read_parked(std::string_view key, std::string_view value);

}  // namespace skein::projections::store
