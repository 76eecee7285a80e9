// The log's own events on top of what the views have: for points that they have not reached yet.
//
// Cost follows how far the views are behind. Threads: pure over their arguments. Errors: Fault
// kCorruption where the log's events do not decode or end too early. Source: V-98 (L3).
#pragma once

#include <memory>

#include "engine/codec/codec.h"
#include "engine/domain/state.h"
#include "engine/log/event_log.h"

namespace skein::projections {

struct LogTail {
    const log::EventLog& log;
    const codec::Codec& codec;
    const domain::Past& past;

    // Goes on to `version` of its own stream.
    std::shared_ptr<const domain::State> to_version(const domain::State& from,
                                                    Version version) const;
    // A stream document goes on to the last version at or before `position`.
    std::shared_ptr<const domain::State> stream_to(const domain::State& from,
                                                   Position position) const;
    // A scope document that has everything up to `known` goes on to `position`.
    std::shared_ptr<const domain::State> scope_to(const domain::State& from, Position known,
                                                  Position position) const;
};

}  // namespace skein::projections
