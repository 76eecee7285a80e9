// From a point to the version (or, for documents of a scope, the position) that it means.
//
// Threads: pure over its sources. Errors: Rejection point-out-of-range with the valid range.
// Source: interfaces section 1 (points).
#pragma once

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/codec/codec.h"
#include "engine/domain/rejection.h"
#include "engine/log/event_log.h"
#include "engine/replay/point.h"
#include "engine/replay/states.h"

namespace skein::replay {

// Which time a time point compares with.
enum class ClockKind { kRecorded, kOccurred };

struct ResolveSources {
    const log::EventLog* log;
    const codec::Codec* codec;
    const States* states;  // for tags, checkpoints and steps
    Timestamp now;         // what @-5m counts from
    ClockKind clock = ClockKind::kRecorded;
};

// Points that a state answers by itself: head, versions, tags, checkpoints, steps.
bool is_answered_by_state(const Point& point);
// Precondition: is_answered_by_state(point). `newest` is the stream's newest state.
Result<Version, domain::Rejection> resolve_in_state(const domain::State& newest,
                                                    const Point& point);

// 0 is before the first event.
Result<Version, domain::Rejection> resolve_version(const ResolveSources& sources,
                                                   const Stream& stream, const Point& point);
// For a stream whose document is a fold of its scope: the position that the point means.
Result<Position, domain::Rejection> resolve_position(const ResolveSources& sources,
                                                     const Stream& stream, const Point& point);

// The last version of a stream at or below a shard position; 0 where there is none. O(log n).
Version version_at(const log::EventLog& log, const Stream& stream, Position position);
// The last position of a shard recorded at or before `time`; 0 where there is none. O(log n).
Position position_at(const log::EventLog& log, Shard shard, Timestamp time);

}  // namespace skein::replay
