// A reader that accepts only `last + 1`, reads each partition from its first offset, and compares
// what it accepts with the log, byte for byte.
//
// Threads: one. Errors: the first difference, as text.
#pragma once

#include <fmt/format.h>

#include <string>

#include "engine/base/chain.h"
#include "engine/bus/event_record.h"
#include "engine/bus/feed_rule.h"
#include "engine/log/event_log.h"

namespace skein::bus::test {

struct StrictReading {
    Position last;              // accepted
    std::uint64_t dropped = 0;  // doubled
    std::uint64_t holes = 0;    // further than last + 1, or of another chain
    std::string problem;        // accepted, and not what the log holds
};

inline StrictReading read_strictly(EventTopic& topic, const log::EventLog& log, Shard shard) {
    StrictReading reading;
    FeedRule rule(Position(0), chain_start(log.info().store_id));
    const EventTopic::Extent extent = topic.extent(shard);
    topic.read(shard, extent.begin, extent.end, [&](const StoredRecord& stored) {
        const auto event = received_event(stored);
        if (!event) return true;
        const FeedStep step = rule.judge(*event);
        if (step == FeedStep::kDrop) ++reading.dropped;
        if (step == FeedStep::kRefetch) ++reading.holes;
        if (step != FeedStep::kApply) return true;
        const auto kept = log.read(shard, event->position);
        if (!kept || kept->bytes != stored.record.value || !(kept->hash == event->hash)) {
            reading.problem = fmt::format("offset {}: position {} of shard {} is not the log's",
                                          stored.offset, event->position.value(), shard.value());
            return false;
        }
        rule.applied(event->position, event->hash);
        return true;
    });
    reading.last = rule.last();
    return reading;
}

// Empty where every partition gives a strict reader the whole log.
inline std::string difference_of(EventTopic& topic, const log::EventLog& log) {
    for (std::uint32_t s = 0; s < log.shard_count(); ++s) {
        const StrictReading reading = read_strictly(topic, log, Shard(s));
        if (!reading.problem.empty()) return reading.problem;
        const Position head = log.head(Shard(s)).position;
        if (reading.last != head) {
            return fmt::format("shard {}: the log holds {} events, a strict reader gets {}", s,
                               head.value(), reading.last.value());
        }
    }
    return {};
}

}  // namespace skein::bus::test
