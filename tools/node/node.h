// Node: one of many processes that share the shards of a store in Postgres. It decides the commands
// of the shards that it owns, over HTTP and out of Kafka, sends their events to Kafka, and keeps
// views of all shards.
//
// What it owns, its leases say, and they change at any time: a command of another shard is refused
// with `shard-elsewhere`, one of its own while Postgres is away with `read-only`, both at once.
// Without Kafka commands go on, views follow the log, and the backlog is sent when it is back.
// Threads: all methods from any thread, but drain() by one. Errors: the constructor's are Faults of
// Store::open and of topics that do not fit; later ones are outcomes, readiness() and status().
// Source: design sections 2 to 4; interfaces section 6; V-172.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/bus/kafka/kafka_topic.h"
#include "engine/bus/relay.h"
#include "engine/bus/topic_feed.h"
#include "engine/intake/intake.h"
#include "tools/library/store.h"
#include "tools/node/open_commands.h"

namespace skein::node {

struct NodeOptions {
    StoreOptions store;                      // with its log in Postgres
    std::string address;                     // where its commands are taken; others read it
    std::optional<bus::KafkaOptions> kafka;  // none: no relay, and views follow the log
    std::chrono::milliseconds drain_max{10'000};
    // A command that has no answer for so long is answered as unknown: Postgres may have stopped
    // between two words.
    std::chrono::milliseconds answer_max{10'000};
    // Views that are further behind are not ready to be read.
    std::uint64_t lag_events_max = 10'000;
    // A line for the operator: what it owns now, what is wrong.
    std::function<void(const std::string&)> tell;
    // The log went back, as where an older copy was restored under it: the node takes nothing any
    // more, and its process should end. Called once.
    std::function<void()> on_lost_log;
};

struct NodeStatus {
    std::string name;
    std::vector<Shard> owned;
    std::vector<Position> heads;    // of the log, by shard, as of the last look
    std::vector<Position> applied;  // by the views
    bool is_read_only = false;
    bool is_draining = false;
    std::uint64_t lag_events = 0;  // of the shard whose view is furthest behind
    std::uint64_t accepted = 0;
    std::uint64_t rejected = 0;
    std::uint64_t unknown = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t ownership_changes = 0;
    std::optional<bus::RelayStatus> relay;
    std::uint64_t relay_lag_events = 0;  // of the shards owned, together
    std::optional<bus::TopicFeedStatus> feed;
    std::optional<intake::IntakeCounters> intake;
};

class Node {
 public:
    explicit Node(NodeOptions options);
    ~Node();  // drain()
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    // Answers through `done`, exactly once, perhaps before it returns.
    void submit(const json::Value& command, runtime::Runtime::Callback done,
                std::shared_ptr<runtime::Sequence> sequence = nullptr);

    // Postgres takes no commands at present: reads may be older than what others have seen.
    bool is_read_only() const;
    // Reads may lack what was acknowledged long ago.
    bool is_stale() const;
    bool is_alive() const;
    // Why it should get no traffic; nothing where it should.
    std::vector<std::string> unready() const;
    NodeStatus status() const;
    Store& store() { return *store_; }
    const domain::Limits& limits() const { return options_.store.runtime.limits; }
    const std::string& name() const { return name_; }

    // Takes no more commands, answers those on their way (for drain_max at most), gives its shards
    // to others and stops. Idempotent.
    void drain();

 private:
    using Clock = std::chrono::steady_clock;

    void open_store();
    void open_bus();
    std::optional<Outcome> refusal_of(const domain::Command& command) const;
    void take_outcome(Shard shard, Outcome& outcome);
    void note_trouble();
    void give_up_late();
    using Owned = std::map<Shard, Epoch>;
    Owned owned_now() const;
    std::string why_read_only() const;
    bool is_log_full() const;
    bool is_topic_foreign() const;
    void give_to_relay(const Owned& before, const Owned& now);
    void give_to_intake(const Owned& before, const Owned& now);
    // What the operator was told last.
    struct Told {
        bool is_read_only = false;
        bool is_full = false;
        bool is_foreign = false;
        bool is_sending = true;
        std::uint64_t begun_anew = 0;
        std::uint64_t lost_offsets = 0;
        Clock::time_point sent_at;
    };
    void tell_of_log(Told& told) const;
    void tell_of_bus(Told& told) const;
    void start_bus();
    void tend();
    void watch_heads();
    void note_lost_log(const std::string& what);
    std::uint64_t lag_events() const;
    void tell(const std::string& line) const;

    const NodeOptions options_;
    std::string name_;
    std::atomic<bool> is_draining_{false};
    std::atomic<bool> has_lost_log_{false};
    std::atomic<std::uint64_t> accepted_{0};
    std::atomic<std::uint64_t> rejected_{0};
    std::atomic<std::uint64_t> unknown_{0};
    std::atomic<std::uint64_t> ownership_changes_{0};
    std::atomic<Clock::rep> trouble_at_{0};  // when the log last refused to be written
    std::atomic<Clock::rep> full_at_{0};     // when its disk was last full; 0: it took something
    std::atomic<Clock::rep> tended_at_{0};

    OpenCommands open_commands_;

    mutable std::mutex mutex_;         // guards all below
    std::condition_variable changed_;  // what is owned, or that it stops
    std::vector<Position> heads_;
    bool is_stopping_ = false;

    // Below what they call back into.
    std::unique_ptr<bus::EventTopic> relay_topic_;
    std::unique_ptr<bus::EventTopic> feed_topic_;
    std::unique_ptr<bus::EventTopic> commands_topic_;
    std::unique_ptr<bus::EventTopic> outcomes_topic_;
    std::unique_ptr<bus::EventTopic> dead_letters_topic_;
    bus::TopicFeed* feed_ = nullptr;  // owned by the store
    std::unique_ptr<Store> store_;
    std::unique_ptr<bus::Relay> relay_;
    std::unique_ptr<intake::Intake> intake_;
    std::thread tender_;   // follows what is owned
    std::thread watcher_;  // asks the log, and may wait for it long
};

}  // namespace skein::node
