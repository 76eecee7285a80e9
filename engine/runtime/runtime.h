// Runtime: takes commands from many threads, decides them in order, and answers once they are
// durable.
//
// Group commit by combining, as LevelDB's writers do: a blocking caller that finds nobody at work
// runs the round itself, with no hand-over between threads; whoever comes meanwhile is collected
// into the next round, which the executor thread runs. One round is one append with one sync, for
// all shards. Nothing waits on a timer. Where the log is behind a network, the executor decides the
// next round while one is being appended; it follows only if that one stands as it was decided.
// Threads: all methods from any thread; callbacks run on the thread that ran the round, must be quick,
// and may submit again. Errors: Rejections (also `overloaded` and `read-only`) are outcomes.
// Source: design section 3 (group commit), P-31 (bounded queue), V-39.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "engine/base/random.h"
#include "engine/base/time.h"
#include "engine/codec/codec.h"
#include "engine/domain/command.h"
#include "engine/log/event_log.h"
#include "engine/replay/states.h"
#include "engine/runtime/appender.h"
#include "engine/runtime/outcome.h"
#include "engine/runtime/round.h"
#include "engine/runtime/sequence.h"

namespace skein::runtime {

struct RuntimeOptions {
    std::size_t queue_commands_max = 8192;     // waiting commands; beyond: `overloaded`
    std::size_t round_commands_max = 1024;     // of one round: bounds its latency
    std::size_t round_bytes_max = 8ULL << 20;  // encoded events of one round
    // So many waiting commands are decided while a round is being appended; fewer wait for its end,
    // since small rounds cost more than they gain.
    std::size_t overlap_commands_min = 64;
    std::size_t state_cache_entries = 20'000;  // newest states kept by the executor
    std::size_t state_cache_bytes = 64ULL << 20;
    domain::Limits limits;
};

// What the runtime has done since it began.
struct RuntimeCounters {
    std::uint64_t rounds = 0;    // appends, each with one sync
    std::uint64_t commands = 0;  // answered
    std::uint64_t events = 0;    // appended
};

class Runtime {
 public:
    using Callback = std::function<void(Outcome)>;
    using Deadline = std::optional<std::chrono::steady_clock::time_point>;

    // `history` gives committed states of any version; it may be behind the log, which is asked
    // then.
    struct Parts {
        log::EventLog* log;
        const codec::Codec* codec;
        const replay::States* history;
        const Clock* clock;
        Random* random;
    };
    Runtime(const Parts& parts, const RuntimeOptions& options);
    ~Runtime();  // stop()
    Runtime(const Runtime&) = delete;
    Runtime& operator=(const Runtime&) = delete;

    const RuntimeOptions& options() const { return options_; }
    RuntimeCounters counters() const;

    // Shape and fields. A command without command_id gets one.
    Result<domain::Command, domain::Rejection> parse(const json::Value& document);
    Result<domain::Command, domain::Rejection> parse(const json::Value& document,
                                                     const Uuid& fallback_id) const;

    // Waits for the answer; kUnknown when the deadline passes first.
    Outcome submit(domain::Command command, Deadline deadline = std::nullopt);
    // Answers through `done`, exactly once, also when the queue is full or the runtime stops.
    void submit_async(domain::Command command, Callback done,
                      std::shared_ptr<Sequence> sequence = nullptr);
    // Of a command that stands at `place`, in the partition of its shard and in the order of
    // offsets: where it is accepted, its offset is kept with its events. It is not decided under
    // another epoch, nor behind one of its term that was not accepted: the outcome is unknown then.
    // False: the queue is full, nothing was taken, and `done` is not called.
    bool submit_taken(domain::Command command, Callback done, IntakePlace place);
    // The first result of a command that was accepted before; nothing where it was not.
    std::optional<Outcome> known_outcome(const domain::Command& command);
    // What would be decided now; appends nothing.
    Preview preview(const domain::Command& command);

    // Waits until the recovery points that are due are written.
    void drain_snapshots();

    // Refuses new commands, answers those waiting, joins the executor thread. Idempotent.
    void stop();

 private:
    struct Pending {
        domain::Command command;
        Callback done;
        std::shared_ptr<Sequence> sequence;
        std::optional<IntakePlace> place = std::nullopt;
        unsigned attempts = 0;
    };
    using Work = std::vector<std::unique_ptr<Pending>>;
    // Answers collected while a round runs, given once nothing is locked.
    using Answers = std::vector<std::pair<std::unique_ptr<Pending>, Outcome>>;

    // Commands that are decided together and appended as one round.
    struct Cohort {
        Cohort(const RoundSources& sources, Timestamp now, Cohort* before);

        Round round;
        Work taken;                      // as the round counts them
        Work later;                      // to be decided in a later round, in order
        std::set<const Sequence*> held;  // a rejection of theirs waits for the append
        // Likewise, of topics: rejections change nothing, so more are taken behind the first.
        std::set<const Sequence*> rejected_only;
    };

    // Takes `pending`; otherwise leaves it and says why.
    std::optional<domain::Rejection> enqueue(std::unique_ptr<Pending>& pending);
    bool is_worth_waking() const;
    void collect(Work& work, std::size_t count_max);
    // Both run rounds while commands wait; the caller holds leadership.
    void lead();
    void lead_overlapped();
    void answer(Answers& answers);
    void step_down();
    void run_executor();
    struct Tried {
        Take take = Take::kDecided;
        std::optional<Outcome> outcome;  // where it could not be decided
    };
    Tried try_take(Round& round, const Pending& pending, Wanted wanted);
    void decide(Cohort& cohort, Work& work, Answers& answers);
    Work run_round(Work work, Answers& answers);
    bool await_many(std::unique_lock<std::mutex>& lock, std::size_t room);
    Work take_off(std::unique_ptr<Cohort>& next, std::unique_ptr<Cohort>& under_way,
                  Answers& answers);
    Work land(std::unique_ptr<Cohort>& under_way, std::unique_ptr<Cohort>& next, Answers& answers);
    Work settle(Cohort& cohort, std::vector<log::AppendResult> results, Answers& answers);
    void refuse(const Fault& fault, const std::vector<Work*>& parts, Answers& answers);
    struct Fate;
    Outcome answer_to(const Pending& pending, const Outcome& decided, const Fate& fate);
    std::vector<log::AppendResult> append(const Round& round);
    void clear_doubt(std::vector<log::AppendResult>& results);
    // `decided_at`: the head that it was decided on.
    Outcome final_rejection(const Pending& pending, const Outcome& rejection, Position decided_at);
    Outcome repeated(const domain::Command& command, Shard shard, const log::Receipt& receipt);
    Outcome unavailable(const Pending& pending, const FaultCode* cause, std::string why) const;
    Outcome refused_write(const Pending& pending, const log::AppendResult& result);
    void learn_end(Shard shard);
    bool is_of_other_term(const Pending& pending);
    RoundSources sources();

    const Parts parts_;
    const RuntimeOptions options_;
    const std::uint16_t store_bits_;

    // Owned by whoever leads.
    StateCache cache_;
    std::map<Shard, ShardEnd> ends_;

    std::mutex mutex_;  // guards the queue and who leads
    std::condition_variable work_or_stop_;
    std::condition_variable led_out_;
    std::deque<std::unique_ptr<Pending>> queue_;
    bool is_led_ = false;
    bool is_awaiting_many_ = false;  // the executor, while a round is being appended
    bool is_stopping_ = false;

    std::atomic<std::uint64_t> rounds_{0};
    std::atomic<std::uint64_t> commands_{0};
    std::atomic<std::uint64_t> events_{0};

    Snapshotter snapshotter_;
    std::optional<Appender> appender_;  // where the log is behind a network
    std::thread executor_;
};

}  // namespace skein::runtime
