// The relay: tails the log and sends its events to the topic, so that a reader which accepts only
// `last + 1` gets from every partition what the log holds, byte for byte.
//
// It believes nothing but what it reads back. A session of sending begins with reading back the end
// of each partition, and goes on after the last event that stands there. It ends, and another one
// begins, with the first delivery that failed, is unknown, or came at an offset that shows that the
// partition was cut; and when an audit does not find the last delivered event at its offset.
// What was sent twice, readers drop.
//
//   per shard:  delivered <= sent <= head of the log;  sent - delivered <= in_flight_events_max
// Threads: start(), stop(), status(), set_shards() from any; everything else on the relay's own thread, or on the
// one thread that calls step() where start() is never called (tests, simulation). With start(), an
// audit has a thread of its own while it lasts, so that sending never waits for the broker's
// answer.
// Errors: none leave it: it tries again with growing pauses, and status() says why.
// Source: design section 4; reliability 3.2; V-112, V-113, V-172.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/bus/event_record.h"
#include "engine/bus/event_topic.h"
#include "engine/bus/read_back.h"
#include "engine/log/event_log.h"

namespace skein::bus {

struct RelayOptions {
    std::vector<Shard> shards;  // empty: all of them
    // Of one session, all shards together: what is in memory while the bus is away, beside two
    // pages of the log.
    std::size_t in_flight_events_max = 4096;
    std::size_t in_flight_bytes_max = 48U << 20;
    // Every shard's last delivered event is looked for this often.
    std::chrono::milliseconds audit_interval{10'000};
    // Between sessions that failed: doubled each time, up to the second.
    std::chrono::milliseconds retry_after_min{50};
    std::chrono::milliseconds retry_after_max{2'000};
};

struct RelayShardStatus {
    Position delivered;  // the last event that stands in the topic
    Offset offset = -1;
};
struct RelayStatus {
    std::vector<RelayShardStatus> shards;  // by shard
    bool is_sending = false;               // a session is open
    bool is_foreign = false;               // the topic holds events of another store
    std::uint64_t sessions = 0;
    std::uint64_t failures = 0;  // sessions that could not begin, or ended by a failure
    std::uint64_t deliveries = 0;
    std::uint64_t republished = 0;  // events sent again because a reading back did not find them
    std::uint64_t audits = 0;
    std::size_t in_flight_peak = 0;
    std::string last_problem;
};

class Relay {
 public:
    // All of them outlive the relay.
    Relay(const log::EventFeed& log, const Uuid& store_id, EventTopic& topic, RelayOptions options);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    void start();
    // Returns when the thread has ended; what is in flight may or may not arrive.
    void stop();

    RelayStatus status() const;

    // From the next step on exactly these are sent, none where it is empty. The session ends, and
    // the next one reads back: what another relay has sent meanwhile stands there.
    void set_shards(std::vector<Shard> shards);

    // One round: begins a session where there is none, sends what the log has, takes deliveries.
    // Waits at most `wait_max` where there is nothing to do.
    void step(std::chrono::milliseconds wait_max);

 private:
    using Instant = std::chrono::steady_clock::time_point;

    struct Lane {
        Shard shard;
        Position sent;
        Position delivered;
        Offset offset = -1;             // of `delivered`
        std::deque<std::size_t> bytes;  // of what is in flight, in order
        Instant audit_at;
    };

    void run();
    void make_lanes(const std::vector<Shard>& shards);
    void adopt_shards();
    void drop_in_flight();
    void begin_session();
    void end_session(std::string why);
    void know_owner();
    void resume(Lane& lane);
    // Returns whether there may be more that did not fit.
    bool send_all(Instant until);
    bool send(Lane& lane, Instant until);
    bool offer(Lane& lane, const log::EventView& event);
    void take_deliveries(std::chrono::milliseconds timeout);
    void take(const Delivery& delivery);
    void audit_one();
    void begin_audit();
    void end_audit();
    std::string problem_of(Shard shard, Position position, Offset offset) const;
    bool is_full() const;
    void wait_for_work(std::chrono::milliseconds wait_max);
    void publish_status();

    const log::EventFeed& log_;
    const Uuid store_id_;
    EventTopic& topic_;
    const RelayOptions options_;

    // Owned by the thread that steps.
    std::vector<Lane> lanes_;
    std::vector<std::size_t> lane_of_shard_;
    std::unique_ptr<Publisher> publisher_;
    bool is_owner_known_ = false;  // in this session: the topic is ours, or was empty just now
    RecordWriter writer_;
    std::vector<Position> sent_;       // by shard, as wait_for_growth takes it
    std::vector<Position> ever_sent_;  // by shard, over all sessions
    std::size_t in_flight_events_ = 0;
    std::size_t in_flight_bytes_ = 0;
    std::size_t next_audit_ = 0;
    std::launch audit_launch_ = std::launch::deferred;
    std::future<std::string> audit_;   // valid: one is under way
    std::uint64_t audit_session_ = 0;  // in which it began
    std::string session_problem_;      // of a delivery; the session ends after the round
    Instant retry_at_;
    std::chrono::milliseconds retry_after_;
    RelayStatus counted_;

    mutable std::mutex mutex_;
    RelayStatus status_;                        // guarded by mutex_
    std::optional<std::vector<Shard>> wanted_;  // guarded by mutex_; to be adopted
    std::atomic<bool> is_stopping_{false};
    std::thread thread_;
};

}  // namespace skein::bus
