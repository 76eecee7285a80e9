// A topic in memory with the ways in which a broker goes wrong: away, cut off, deleted, records
// that were stored and not acknowledged or the other way round, records that arrive after their
// session.
//
// Threads: thread-safe by one mutex; a visitor must not call back. Errors: Fault kUnavailable while
// it is down.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "engine/base/random.h"
#include "engine/bus/event_topic.h"

namespace skein::bus::test {

class MemoryTopic final : public EventTopic {
 public:
    explicit MemoryTopic(std::uint32_t partitions) : partitions_(partitions) {}

    void prepare() override;
    std::unique_ptr<Publisher> open_publisher() override;
    std::unique_ptr<EventReader> open_reader(Reading reading) override;
    Extent extent(Shard shard) override;
    void read(Shard shard, Offset from, Offset until,
              const std::function<bool(const StoredRecord&)>& visit) override;

    // Nothing is answered, nothing is lost: what was offered waits.
    void set_down(bool is_down);
    // The last records are gone, as after a power cut of a broker; with it the connections of
    // sessions that have ended, and what was on its way in them.
    void cut(Shard shard, std::size_t records);
    // Everything is gone; offsets begin at 0 again.
    void erase_all();
    // Stored by somebody else.
    void store(Shard shard, const Record& record);

    enum class Loss { kNone, kFails, kFailsButStored, kUnknownOffset, kLostThoughAcknowledged };
    // What becomes of the record that is delivered next, and of those of its session behind it.
    void lose_next(Loss loss);
    // Records of the session that ended last are stored later, when its successor sends.
    void set_late(bool is_late);
    // At most this many deliveries a poll.
    void set_deliveries_max(std::size_t count);
    std::size_t waiting() const;
    std::size_t readers_opened() const { return readers_opened_; }

 private:
    struct Kept {
        std::string key;
        std::string value;
        std::vector<std::pair<std::string, std::string>> headers;
        std::int64_t stored_at = 0;  // no two records have the same
    };
    struct Offered {
        Shard shard;
        Position position;
        Kept kept;
    };
    class Session;

    Kept keep(const Record& record);
    Shard place_of(Shard shard, const Record& record) const;
    void check_up() const;

    mutable std::mutex mutex_;
    std::vector<std::deque<Kept>> partitions_;  // the rest is guarded by mutex_ too
    std::deque<Offered> late_;
    bool is_down_ = false;
    bool is_late_ = false;
    Loss loss_ = Loss::kNone;
    std::int64_t stored_ = 0;
    std::size_t deliveries_max_ = ~std::size_t{0};
    std::size_t waiting_ = 0;
    std::atomic<std::size_t> readers_opened_{0};  // not guarded
};

}  // namespace skein::bus::test
