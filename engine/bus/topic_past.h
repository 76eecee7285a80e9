// The past of a log as its topic tells it: what readers that have much to catch up with get, so
// that they load the log with one question for thousands of events.
//
// Records are taken in runs that follow each other by position and chain. Only when the log has the
// last event of a run at the same position with the same hash is any of it handed out: then all of
// it is the log's, whatever else stands in the topic. Where the topic does not go on so (a gap,
// another history, its end, a broker that is away) the rest is left to the log, and the topic is
// not asked again for a while.
// Threads: scan() from any thread, each with a reader of its own; two that are done are kept for the
// next ones, since a new client has to find the brokers first. Errors: those of the log; what is
// wrong with the bus is in problem(). Source: design section 4 (projectors); V-114, V-172.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/bus/event_topic.h"
#include "engine/log/event_log.h"

namespace skein::bus {

struct TopicPastOptions {
    std::chrono::milliseconds patience{1000};  // how long a topic that says nothing is waited for
    std::chrono::milliseconds pause{
        10'000};  // before one that had less than was asked is asked again
};

class TopicPast {
 public:
    // Both outlive this.
    TopicPast(const log::EventLog& log, EventTopic& topic, TopicPastOptions options);

    // Hands out the events after `after` up to `until`, in order, while visit returns true; how
    // many it handed out. Fewer where the topic has no more of them.
    std::uint64_t scan(Shard shard, Position after, Position until,
                       const std::function<bool(const log::EventView&)>& visit);
    // Whether the topic was given up, and is not asked for now.
    bool is_barred() const;
    // Why the topic was given up last, or empty.
    std::string problem() const;

 private:
    using Clock = std::chrono::steady_clock;
    using Readers = std::vector<std::unique_ptr<EventReader>>;
    class Run;

    // Where a scan of a shard ended, so that the next one begins there.
    struct Place {
        Position after;
        Offset offset = 0;
    };

    Offset start_of(Shard shard, Position after) const;
    std::unique_ptr<EventReader> open(Shard shard, Position after);
    std::unique_ptr<EventReader> take_idle();
    void keep(std::unique_ptr<EventReader> reader);
    bool fill(EventReader& reader, Run& run);
    void give_up(const std::string& why);

    const log::EventLog& log_;
    EventTopic& topic_;
    const TopicPastOptions options_;

    mutable std::mutex mutex_;
    std::vector<Place> places_;       // guarded by mutex_
    Readers idle_;                    // guarded by mutex_; assigned nothing
    Clock::time_point barred_until_;  // guarded by mutex_
    std::string problem_;             // guarded by mutex_
};

}  // namespace skein::bus
