// A log as its topic tells it: an EventFeed whose newest events come from the bus, and all others
// from the log itself. What projectors read, so that a node far from the log asks it seldom.
//
// Of each shard it keeps a window: the newest events without a hole, bounded in number and bytes.
// Readers far behind it get the past out of the topic too (topic_past.h), others from the log. A
// record that is doubled is dropped, the next one of the chain widens the window, and any other
// begins a new window once the log has confirmed it; what lies between, readers get from the log.
// Where the log is ahead for longer than `patience`, the bus is held to be down: readers get
// everything from the log, until the window has caught up with it.
//
//   window.end <= head of the log;  window.first .. window.end have no hole, and are the log's
// Threads: all methods from any thread; one thread follows the topic between start() and stop().
// Errors: scan() and head() as the log's; what is wrong with the bus is in status().
// Source: design section 4 (projectors); reliability 3.2, 3.4; V-114, V-172.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/bus/event_topic.h"
#include "engine/bus/feed_rule.h"
#include "engine/bus/topic_past.h"
#include "engine/log/event_log.h"
#include "engine/log/growth.h"

namespace skein::bus {

struct TopicFeedOptions {
    // Of one shard's window: readers further behind read from the log.
    std::size_t window_events_max = 4096;
    std::size_t window_bytes_max = 4U << 20;
    // Who lacks more events than these reads them from the topic, so that the log is left in peace:
    // opening a client for it has to pay.
    std::uint64_t past_events_min = 10'000;
    TopicPastOptions past;
    // How often the log's heads are looked at, and how long it may be ahead.
    std::chrono::milliseconds look_interval{100};
    std::chrono::milliseconds patience{400};
};

struct TopicFeedStatus {
    std::uint64_t from_topic = 0;  // events handed out
    std::uint64_t from_log = 0;
    std::uint64_t dropped = 0;        // records that were doubled
    std::uint64_t refetched = 0;      // records that did not follow the window
    std::uint32_t shards_on_log = 0;  // whose readers get everything from the log now
    std::string last_problem;
};

class TopicFeed final : public log::EventFeed {
 public:
    // Both outlive the feed.
    TopicFeed(const log::EventLog& log, EventTopic& topic, TopicFeedOptions options);
    ~TopicFeed() override;
    TopicFeed(const TopicFeed&) = delete;
    TopicFeed& operator=(const TopicFeed&) = delete;

    void start();
    void stop();
    TopicFeedStatus status() const;

    std::uint32_t shard_count() const override { return log_.shard_count(); }
    // The log's own.
    log::Head head(Shard shard) const override { return log_.head(shard); }
    // What the feed has: less than the log for a moment, never with a hole.
    std::uint64_t scan(Shard shard, Position after,
                       const std::function<bool(const log::EventView&)>& visit) const override;
    Position grown_to(Shard shard) const override { return growth_.position(shard); }
    bool wait_for_growth(const std::vector<Position>& known,
                         std::chrono::milliseconds timeout) const override;
    void interrupt_waiters() override { growth_.interrupt(); }

 private:
    using Instant = std::chrono::steady_clock::time_point;
    struct Event {
        Position position;
        std::string bytes;
        Hash hash;
    };
    using EventPtr = std::shared_ptr<const Event>;
    struct Window {
        std::deque<EventPtr> events;
        std::size_t bytes = 0;
        std::optional<FeedRule> rule;  // stands at its last event
        bool is_on_log = true;         // until it is known to have caught up
        std::optional<Instant> behind_since;
    };

    // What comes after a position: events of the window, or how far the log has to be read.
    struct Chunk {
        std::vector<EventPtr> events;
        Position log_until;  // 0: the log is not needed
    };

    void run();
    void assign_all();
    void follow();
    void take(const StoredRecord& stored);
    bool is_of_log(Shard shard, const ReceivedEvent& event) const;
    void widen(Window& window, EventPtr event) const;
    void look();
    void look_at(Shard shard, Position head);
    Chunk chunk_after(Shard shard, Position after) const;
    // As TopicPast::scan(); nothing where it is not worth it.
    std::uint64_t scan_past(Shard shard, Position after, Position until,
                            const std::function<bool(const log::EventView&)>& visit) const;

    const log::EventLog& log_;
    EventTopic& topic_;
    const TopicFeedOptions options_;
    mutable TopicPast past_;
    log::Growth growth_;

    mutable std::mutex mutex_;
    std::vector<Window> windows_;     // guarded by mutex_
    mutable TopicFeedStatus status_;  // guarded by mutex_

    // Owned by the thread that follows.
    std::unique_ptr<EventReader> reader_;
    std::vector<Position> heads_;  // of the log, when last looked at
    Instant look_at_;

    std::atomic<bool> is_stopping_{false};
    std::thread thread_;
};

}  // namespace skein::bus
