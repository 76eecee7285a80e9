// What the embedded log keeps in memory of each shard.
//
// Order of locks: append_mutex, then head_mutex. Threads: as each member says. Errors: none.
#pragma once

#include <mutex>

#include "engine/log/event_log.h"
#include "engine/log/rocksdb/stream_heads.h"

namespace skein::log {

// Streams of a shard whose heads are kept in memory: with 16 shards about 20 MB when full.
inline constexpr std::size_t kStreamHeadsMax = 8192;

struct ShardState {
    std::mutex append_mutex;  // held from the judgement of a batch to the end of its write

    mutable std::mutex head_mutex;
    Head head;  // guarded by head_mutex; changed only with append_mutex held as well

    StreamHeads stream_heads{kStreamHeadsMax};  // of published events

    Head published_head() const {
        const std::lock_guard<std::mutex> lock(head_mutex);
        return head;
    }
};

}  // namespace skein::log
