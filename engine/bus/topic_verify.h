// Proof that the events topic says what the log says: what a reader that accepts only `last + 1`
// gets from a partition are the log's events, byte for byte.
//
// Doubled records, holes that were mended later and what a log left behind that was restored to an
// earlier state are passed over, as projectors do. Where retention has removed the oldest, the rest
// is held against the log.
// Threads: pure but for the topic and the log; both may grow meanwhile. Errors: differences are
// values; as EventTopic and EventFeed. Source: interfaces section 4 (verify: Kafka = log); P5;
// V-112.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "engine/bus/event_topic.h"
#include "engine/log/event_log.h"

namespace skein::bus {

struct TopicDifference {
    Position position;  // of the first event that a reader does not get as it stands in the log
    Offset offset = 0;  // of the record that shows it
    std::string expected;
    std::string found;
};
struct TopicShardReport {
    Position head;  // of the log, when it began
    Position last;  // that a reader gets; behind the head where the relay has not sent it yet
    std::optional<TopicDifference> difference;
};

// Waits for events that are on their way, at most `patience` while none come.
TopicShardReport verify_topic(EventTopic& topic, const log::EventFeed& log, const Uuid& store_id,
                              Shard shard, std::chrono::milliseconds patience);

}  // namespace skein::bus
