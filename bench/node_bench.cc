// What a node that reads the log and the topic of others waits for: one event, or all of them.
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "bench/bench.h"
#include "bench/node_side.h"
#include "bench/raw_postgres.h"
#include "engine/base/check.h"

namespace skein::bench {

namespace {

using std::chrono::steady_clock;

constexpr Shape kShape{16, 8};
constexpr std::chrono::milliseconds kBetweenEvents{2};
constexpr std::size_t kSamples = 5000;
constexpr std::size_t kUncounted = 1000;  // until a new reader follows the topic
constexpr double kMedianGoalMs = 3;
constexpr double kTailGoalMs = 20;
constexpr std::chrono::seconds kPatience{60};
constexpr std::size_t kEvents = 300'000;
constexpr std::size_t kOutstanding = 4096;
constexpr double kEmbeddedGoal = 0.5;

// Milliseconds from each answer to a producer until the reader's view has the event. Events are
// awaited in the order of their answers, so one that is seen late hides those behind it.
class Watch {
 public:
    explicit Watch(Store& reader) : reader_(reader), thread_([this] { run(); }) {}

    void add(Shard shard, Position position) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back({shard, position, steady_clock::now()});
        grew_.notify_one();
    }
    std::vector<double> finish(std::size_t count) {
        {
            std::unique_lock lock(mutex_);
            wanted_ = count;
            grew_.notify_one();
        }
        thread_.join();
        return std::move(milliseconds_);
    }

 private:
    struct Waiting {
        Shard shard;
        Position position;
        steady_clock::time_point since;
    };

    std::optional<Waiting> next() {
        std::unique_lock lock(mutex_);
        grew_.wait(lock, [&] { return !waiting_.empty() || milliseconds_.size() == wanted_; });
        if (waiting_.empty()) return std::nullopt;
        const Waiting first = waiting_.front();
        waiting_.pop_front();
        return first;
    }
    void run() {
        while (const auto event = next()) {
            SKEIN_CHECK(reader_.views().wait_for(event->shard, event->position, kPatience),
                        "an event is never seen");
            const std::chrono::duration<double, std::milli> took =
                steady_clock::now() - event->since;
            const std::lock_guard lock(mutex_);
            milliseconds_.push_back(took.count());
        }
    }

    Store& reader_;
    std::mutex mutex_;
    std::condition_variable grew_;
    std::deque<Waiting> waiting_;
    std::vector<double> milliseconds_;
    std::size_t wanted_ = SIZE_MAX;
    std::thread thread_;
};

std::vector<double> visible_after(Store& writer, Store& reader) {
    Watch watch(reader);
    const auto begin = steady_clock::now();
    const std::size_t count = kUncounted + kSamples;
    for (std::size_t i = 0; i < count; ++i) {
        std::this_thread::sleep_until(begin + i * kBetweenEvents);
        const std::size_t swarm = i % kShape.swarms;
        writer.submit_async(
            set_command(swarm, i / kShape.swarms % kShape.runs, i), [&](const Outcome& outcome) {
                SKEIN_CHECK(outcome.kind == OutcomeKind::kAccepted, "refused: {}", outcome.detail);
                const auto& event = outcome.events.front();
                watch.add(event.shard, event.position);
            });
    }
    std::vector<double> all = watch.finish(count);
    all.erase(all.begin(), all.begin() + kUncounted);
    return all;
}

}  // namespace

void bench_visible(Report& report, const Servers& servers) {
    std::vector<double> medians;
    std::vector<double> tails;
    for (int run = 0; run < kRuns; ++run) {
        const ScratchDirectory scratch;
        const ScratchDatabase database(servers.postgres);
        const auto writer = open_store_on(database.dsn(), scratch);
        make_runs(*writer, kShape);
        RelayedTopic relayed(writer->log(), topics_of(servers, "visible", run));
        const auto reader = open_reader(database.dsn(), scratch, &relayed.topic());
        await_views(*reader);
        const std::vector<double> all = visible_after(*writer, *reader);
        medians.push_back(quantile(all, 0.5));
        tails.push_back(quantile(all, 0.99));
    }
    report.add({"from the answer to another node's view, p50", "ms", medians, kMedianGoalMs,
                Better::kLow});
    report.add({"  p99", "ms", tails, kTailGoalMs, Better::kLow});
}

namespace {

double embedded_seconds(Store& store) {
    const double seconds = seconds_of([&] {
        store.views().rebuild(projections::Views::AfterRebuild::kSwitch,
                              [](std::uint64_t, std::uint64_t) {});
    });
    wait_for_rest();
    return seconds;
}

}  // namespace

void bench_catch_up(Report& report, const Servers& servers) {
    const ScratchDirectory scratch;
    const ScratchDirectory embedded_scratch;
    const ScratchDatabase database(servers.postgres);
    const auto store = open_store_on(database.dsn(), scratch);
    const auto embedded = open_store(embedded_scratch, Projecting::kOnDemand);
    for (Store* each : {store.get(), embedded.get()}) {
        make_runs(*each, kShape);
        send_sets(*each, kShape, kEvents, kOutstanding);
    }
    RelayedTopic relayed(store->log(), topics_of(servers, "catch-up", 0));
    relayed.await_all();
    const auto events = static_cast<double>(events_of(*store));
    Comparison from_topic;
    Comparison from_log;
    for (int run = 0; run < kRuns; ++run) {
        const double beside = events / embedded_seconds(*embedded);
        from_topic.add(events / catch_up_seconds(database.dsn(), &relayed.topic()), beside);
        from_log.add(events / catch_up_seconds(database.dsn(), nullptr), beside);
    }
    const std::string against = "rebuild of an embedded store, as many events";
    report.add({"an empty node catches up, from Kafka", "events/s", from_topic, against,
                kEmbeddedGoal, Better::kHigh});
    report.add({"an empty node catches up, from Postgres", "events/s", from_log, against,
                kEmbeddedGoal, Better::kHigh});
}

}  // namespace skein::bench
