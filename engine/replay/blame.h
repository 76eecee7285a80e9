// Blame: which event gave a key its value, and through which merge, export, fork, inheritance or
// restore it came.
//
// One walk forward over the stream's events finds the links; a link that took the value from
// another stream (or from an older version) is followed there, until an event that set it. Where a
// merge joined two values the lines of both are followed.
// Threads: pure over its sources. Errors: Fault where events do not decode.
// Source: interfaces section 8 (Blame), V-26.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/codec/codec.h"
#include "engine/domain/event.h"
#include "engine/log/event_log.h"
#include "engine/replay/states.h"

namespace skein::replay {

struct BlameLink {
    std::string how;
    domain::EventMeta event;
    std::optional<Stream> from;
    std::string strategy;
    std::vector<domain::Touch::Lost> lost;
};

struct Blame {
    std::string area;                  // that the key stands in; empty where its kind has but one
    std::optional<json::Value> value;  // nullopt: absent at that version
    std::vector<BlameLink> chain;      // newest first; the last one is the origin
};

struct BlameQuery {
    Stream stream;
    Version version;  // as of
    // Without an area: in the first one that has the key then; where none has, in the one whose
    // newest link is the newest.
    domain::PlacedKey key;
    std::size_t links_max = 1'000'000;
    Timestamp now{};  // what has expired by then has no value, but its chain
};

Blame blame(const log::EventLog& log, const codec::Codec& codec, const States& states,
            const BlameQuery& query);

}  // namespace skein::replay
