// Intake: takes commands from a topic for the shards that this node owns, each exactly once, in the
// order of its partition, and tells what became of them.
//
// Of every record: a command of this shard is decided, and its outcome sent to the outcomes topic
// (key: command id; headers: where it came from); a command of another shard is sent on to that
// shard's partition; what is no command goes to the dead letters as it came, with the reason, and
// where it has a command id its outcome is told too. None of them stops the partition.
//
//   per shard:  told <= taken <= read;  read - told <= lane_records_max
// A crash at any moment: an accepted command stands with its offset, in one append; a refusal is
// delivered before anything behind it is decided; whoever owns the shard next begins at `told`, so
// everything is told at least once, and what is told twice carries the same source headers. What is
// told again of an accepted command says "duplicate": true. Of a shard that was left, what was
// written until then is still told; all else its next owner decides.
// A command without a command_id gets one that follows from where it stands.
// Where a partition ends before what was taken of it, or another record stands where the last one
// was taken, the topic is another one, or was cut: it is taken from its beginning, and what was
// refused before is decided as though it were sent again.
// Threads: all methods from any; the work is done by a thread of its own between start() and stop().
// Errors: none leave it: it tries again with growing pauses, and status() says why.
// Source: design section 4 (command intake); interfaces section 7; V-117, V-159, V-165, V-172.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/bus/event_topic.h"
#include "engine/intake/lane.h"
#include "engine/intake/outbox.h"
#include "engine/log/event_log.h"
#include "engine/runtime/runtime.h"

namespace skein::intake {

// All of them outlive the intake.
struct IntakeParts {
    log::EventLog* log = nullptr;  // the one that the runtime writes
    runtime::Runtime* runtime = nullptr;
    bus::EventTopic* commands = nullptr;  // partition = shard
    bus::EventTopic* outcomes = nullptr;
    bus::EventTopic* dead_letters = nullptr;
    std::string commands_name;  // of the topic, for the source headers
};

struct IntakeOptions {
    // Of one partition: read and not answered. What is beyond stays with the broker.
    std::size_t lane_records_max = 2048;
    std::size_t lane_bytes_max = 16U << 20;
    // Of one partition: waiting for the runtime. More only lengthens its queue.
    std::size_t lane_deciding_max = 256;
    // A point that no append has kept is kept alone at the latest after this.
    std::chrono::milliseconds keep_interval{200};
    // Between tries that failed: doubled each time, up to the second.
    std::chrono::milliseconds retry_after_min{50};
    std::chrono::milliseconds retry_after_max{2'000};
    // stop() waits so long for what is being decided and told.
    std::chrono::milliseconds drain_max{5'000};
};

// What it has done since it began. Monotonic.
struct IntakeCounters {
    std::uint64_t records = 0;       // read
    std::uint64_t accepted = 0;      // duplicates too
    std::uint64_t rejected = 0;      // by the domain
    std::uint64_t dead_letters = 0;  // no commands
    std::uint64_t reproduced = 0;    // came by another shard's partition
    std::uint64_t told_again = 0;    // accepted by an owner before, told by this one
    std::uint64_t deliveries = 0;    // outcomes, dead letters and re-produced ones that arrived
    std::uint64_t postponed = 0;     // not decided (no log, lost shard, full queue): tried again
    std::uint64_t kept_alone = 0;    // points kept without an append
    std::uint64_t lost_offsets = 0;  // gone from the topic before they were taken
    std::uint64_t begun_anew = 0;    // partitions taken from their beginning, as another topic's
    std::uint64_t failures = 0;      // of the bus or the log
};
struct IntakeShardStatus {
    Shard shard;
    Epoch epoch;
    std::uint64_t told = 0;   // every answer before this offset was delivered
    std::uint64_t read = 0;   // the next offset to be read
    std::size_t waiting = 0;  // records between them
};
struct IntakeStatus {
    std::vector<IntakeShardStatus> shards;  // those owned
    std::string last_problem;
    IntakeCounters counters;
};

class Intake {
 public:
    Intake(const IntakeParts& parts, const IntakeOptions& options);
    ~Intake();  // stop()
    Intake(const Intake&) = delete;
    Intake& operator=(const Intake&) = delete;

    void start();
    // Takes nothing more, answers and tells what is on its way, keeps the points, joins. Stop the
    // runtime and give the shards back after this. Idempotent.
    void stop();

    // The shard is ours under this epoch, also where it was under another. Takes effect within
    // moments. Changes of leases may be told in another order than they came: under one lock, ask
    // the keeper what is held, and call with that.
    void own(Shard shard, Epoch epoch);
    void leave(Shard shard);

    IntakeStatus status() const;
    IntakeCounters counters() const { return status().counters; }

 private:
    using Instant = std::chrono::steady_clock::time_point;
    // Answers of the runtime; they outlive the intake where the runtime does.
    struct Answer {
        std::uint64_t lane = 0;
        std::uint64_t offset = 0;
        runtime::Outcome outcome;
    };
    struct Mailbox {
        std::mutex mutex;
        std::condition_variable arrived;
        std::vector<Answer> answers;  // guarded by mutex
    };
    struct Ticket {
        std::uint64_t lane = 0;
        std::uint64_t offset = 0;
    };

    void run();
    void step();
    void drain();
    void follow_ownership();
    void begin_lane(Shard shard, Epoch epoch);
    bool is_of_this_topic(Shard shard, const log::IntakePoint& kept,
                          const bus::EventTopic::Extent& extent);
    void leave_lane(std::map<Shard, Lane>::iterator lane);
    void open();
    void close(std::string problem);
    void read(std::chrono::milliseconds wait_max);
    void assign();
    void take_answers();
    void take_answer(Answer answer);
    void take_all();
    bool take(Lane& lane, Lane::Entry& entry);
    bool submit(Lane& lane, Lane::Entry& entry, domain::Command command);
    void send(Lane& lane, Lane::Entry& entry, Outbox& outbox, Parcel parcel);
    void deliver(std::chrono::milliseconds wait_max);
    void keep_points();
    void keep(Lane& lane);
    void wait();
    Lane* find_lane(std::uint64_t id);
    Lane* find_left(std::uint64_t id);
    bool is_deciding() const;
    void publish_status();

    const IntakeParts parts_;
    const IntakeOptions options_;
    const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();

    // Owned by the thread.
    std::map<Shard, Lane> lanes_;
    std::vector<Lane> left_;  // of shards left, or begun anew, while the runtime has some of them
    std::unique_ptr<bus::EventReader> reader_;
    bool is_assigned_ = false;  // the reader follows what the lanes want
    Outbox outcomes_;
    Outbox dead_letters_;
    Outbox commands_;
    std::map<std::uint64_t, Ticket> tickets_;
    std::uint64_t last_ticket_ = 0;
    std::uint64_t last_lane_ = 0;
    Instant retry_at_;
    std::chrono::milliseconds retry_after_;
    IntakeCounters counted_;
    std::string last_problem_;

    mutable std::mutex mutex_;
    std::map<Shard, Epoch> owned_;  // guarded by mutex_: what lanes_ shall become
    IntakeStatus status_;           // guarded by mutex_
    bool is_stopping_ = false;      // guarded by mutex_
    std::thread thread_;
};

}  // namespace skein::intake
