// Proof that a log is whole: chain, density of positions and versions, order of times,
// decodability.
//
// Finds any flipped bit of an event or its hash, any removed or inserted event, any swap, an index
// that disagrees with the events, and receipts that do.
// Threads: pure over the log; the log may grow meanwhile (verified up to the heads at the start).
// Errors: findings are values; Fault where the log cannot be read at all.
// Source: P9, P10, design section 3 (chain), interfaces section 8 (Verify).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/codec/codec.h"
#include "engine/log/event_log.h"

namespace skein::replay {

struct Finding {
    std::string what;  // "chain", "density", "decode", "version", "time", "index", "receipt", ...
    Stream stream;     // empty where it is the shard's
    Version version;
    Shard shard;
    Position position;
    std::string expected;
    std::string found;
    std::string remedy;
};

struct LogReport {
    std::uint64_t events = 0;
    std::uint32_t shards = 0;
    std::vector<Finding> findings;  // at most kFindingsMax a shard: the first ones tell the place
};

inline constexpr std::size_t kFindingsMax = 20;

// The events of every shard by themselves: chain, density, order of times, decodability.
// `progress` is called with the number of events done, from time to time.
LogReport verify_chains(const log::EventLog& log, const codec::Codec& codec,
                        const std::function<void(std::uint64_t)>& progress);
// These, and what stands beside them: the index, receipts, and the newest snapshot of each stream.
LogReport verify_log(const log::EventLog& log, const codec::Codec& codec,
                     const std::function<void(std::uint64_t)>& progress);
// The events of one stream: each one's own hash and previous, versions, decodability, and the
// newest snapshot against the fold.
LogReport verify_stream(const log::EventLog& log, const codec::Codec& codec, const Stream& stream);

}  // namespace skein::replay
