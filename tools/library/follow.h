// Following a stream: its events as they are appended.
//
// Threads: any; it returns to its caller alone. Errors: Fault of the log. Source: interfaces section
// 4 (log --follow).
#pragma once

#include <functional>

#include "tools/library/log_reader.h"
#include "tools/library/store.h"

namespace skein {

struct FollowOptions {
    Stream stream;
    Version after;  // the first event told is the next one
    // Looked at between events and at least twice a second; true ends the following.
    std::function<bool()> is_stopped;
};
// Each event once, in order, also those that are there already. Returns the last version told.
// log().interrupt_waiters() makes it look at is_stopped at once.
//
// What this process appends, by whichever thread.
Version follow(Store& store, const FollowOptions& options,
               const std::function<void(const log::EventView&)>& visit);
// What any process appends, a moment later. The store stays free for writers.
Version follow(LogReader& reader, const FollowOptions& options,
               const std::function<void(const log::EventView&)>& visit);

}  // namespace skein
