// The port of the bus: a topic whose partitions are the shards of a log (that of outcomes and of
// dead letters may have any number). Publisher is one session of sending to it, EventReader follows
// it; what stands in it may be doubled, cut off or gone, since the log alone is the truth.
//
// Threads: an EventTopic from any thread; a Publisher and an EventReader from one.
// Errors: Fault kUnavailable (try again), kConfig (missing rights, a wrong topic). Deliveries that
// failed are values.
// Source: design sections 4 and 9.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"

namespace skein::bus {

struct Header {
    std::string_view name;
    std::string_view value;
};
// Views are valid during the call that is given them.
struct Record {
    std::string_view key;
    std::string_view value;
    std::vector<Header> headers;
};

// A record's number in its partition. Not a position: a position can stand at several offsets.
using Offset = std::int64_t;

// What became of an offered record. Those of a partition are reported in the order of their offers.
struct Delivery {
    Shard shard;
    Position position;
    std::optional<Offset> offset;  // nullopt: it failed, or nobody knows
    std::string problem;           // of those without an offset
};

// In the place of a shard: the partition follows from the record's key, as Kafka's Java client has
// it (murmur2); any one where the key is null. Of topics whose partitions are no shards.
inline constexpr Shard kByKey{UINT64_MAX};

class Publisher {
 public:
    virtual ~Publisher() = default;

    enum class Offer { kTaken, kFull };
    // Copies the record. `position` is what its delivery will name: of an event its position, of
    // other records any number.
    virtual Offer offer(Shard shard, Position position, const Record& record) = 0;
    // Hands out the deliveries that have come; waits for the first of them at most `timeout`.
    virtual void poll(std::chrono::milliseconds timeout,
                      const std::function<void(const Delivery&)>& visit) = 0;
    // Why the session cannot go on, or empty.
    virtual std::string failure() const = 0;
};

// A record as it stands. Views are valid during the call that hands it out.
struct StoredRecord {
    Shard shard;
    Offset offset = 0;
    Record record;
    std::int64_t timestamp_ms =
        -1;  // since 1970, as its producer or the broker says; -1: not known
};

class EventReader {
 public:
    virtual ~EventReader() = default;

    struct Start {
        Shard shard;
        Offset offset = 0;  // the first one to be read
    };
    // From now on exactly these, each from its offset.
    virtual void assign(const std::vector<Start>& starts) = 0;
    // Hands out records, those of a shard in order; waits for the first of them at most `timeout`.
    // Returns the shards whose offset is not there any more: they have to be assigned anew.
    virtual std::vector<Shard> poll(std::chrono::milliseconds timeout,
                                    const std::function<void(const StoredRecord&)>& visit) = 0;
};

class EventTopic {
 public:
    virtual ~EventTopic() = default;

    // Makes the topic where it is missing and may be made; a Fault where it does not fit.
    virtual void prepare() = 0;

    virtual std::unique_ptr<Publisher> open_publisher() = 0;
    // What a reader is for: the end of its partitions, where the broker keeps a question until
    // there is something new; or what stands in one partition after another, where no answer is
    // kept back.
    enum class Reading { kEnd, kPast };
    virtual std::unique_ptr<EventReader> open_reader(Reading reading) = 0;

    // The offsets that stand: begin <= offset < end.
    struct Extent {
        Offset begin = 0;
        Offset end = 0;
    };
    virtual Extent extent(Shard shard) = 0;
    // Records from offset `from` on, in order, up to `until` (not included), while visit returns
    // true.
    virtual void read(Shard shard, Offset from, Offset until,
                      const std::function<bool(const StoredRecord&)>& visit) = 0;
};

}  // namespace skein::bus
