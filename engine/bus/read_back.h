// Reading back: where the sending of a shard has to go on, by what stands in its partition.
//
// A reader that accepts only `last + 1` must get the whole log from a partition, so what counts is
// not the newest record but the last one that such a reader would accept. Only the end is read: a
// hole can stand no further from it than the sessions that were open when it was torn had in
// flight, since each session begins by mending what it finds.
// Threads: pure but for the topic and the log. Errors: as EventTopic and EventFeed; Fault kConfig
// where the partition holds the events of another store.
// Source: design section 4 (relay); reliability 3.2.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/bus/event_topic.h"
#include "engine/log/event_log.h"

namespace skein::bus {

struct ResumePoint {
    Position position;   // of the last event that stands, 0 where none does
    Offset offset = -1;  // where it stands
    std::uint64_t records_read = 0;
};

struct ReadBack {
    Uuid store_id;
    Shard shard;
    // At first; more where the log has none of them.
    std::uint64_t records = 0;
};
ResumePoint find_resume_point(EventTopic& topic, const log::EventFeed& log, const ReadBack& what);

// The same Fault where the topic holds events of a store other than this one; of any store where
// none is given. The last event of one partition is looked at.
void check_owner(EventTopic& topic, std::uint32_t shard_count, const std::optional<Uuid>& store_id);

}  // namespace skein::bus
