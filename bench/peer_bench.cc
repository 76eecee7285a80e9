// Beside other programs for the same job, in the same run: the Python library eventsourcing on
// PostgreSQL, and Kafka Streams into RocksDB.
#include <fmt/format.h>

#include <optional>

#include "bench/bench.h"
#include "bench/node_side.h"
#include "bench/peer.h"
#include "bench/raw_postgres.h"

namespace skein::bench {

namespace {

constexpr const char* kEventStore = "SKEIN_PEER_EVENT_STORE";
constexpr const char* kStreams = "SKEIN_PEER_STREAMS";
constexpr const char* kEventStoreName = "eventsourcing (Python) on Postgres";
constexpr Shape kShape{16, 8};
constexpr std::size_t kAppends = 20'000;
constexpr std::size_t kOutstanding = 1000;
constexpr std::size_t kOfACommit = 512;  // about what skein puts into one with those on their way
constexpr std::size_t kSingles = 1000;
constexpr std::size_t kEvents = 300'000;
constexpr std::size_t kManyOutstanding = 4096;
constexpr double kStreamsGoal = 1.5;

double peer_append(const Peer& peer, const Servers& servers, std::size_t events,
                   std::size_t of_a_commit) {
    const ScratchDatabase database(servers.postgres);
    return peer.rate(
        {"append", std::to_string(events), std::to_string(of_a_commit), database.dsn()});
}

void compare_event_store(Report& report, const Servers& servers) {
    const Peer peer(kEventStore);
    Comparison appends;
    Comparison singles;
    Comparison loads;
    for (int run = 0; run < kRuns; ++run) {
        const ScratchDirectory scratch;
        const ScratchDatabase database(servers.postgres);
        const ScratchDatabase peers_database(servers.postgres);
        const auto store = open_store_on(database.dsn(), scratch);
        make_runs(*store, kShape);
        const double append =
            seconds_of([&] { send_sets(*store, kShape, kAppends, kOutstanding); });
        appends.add(kAppends / append,
                    peer.rate({"append", std::to_string(kAppends), std::to_string(kOfACommit),
                               peers_database.dsn()}));
        const double load = seconds_of([&] {
            for (std::size_t s = 0; s < kShape.swarms; ++s)
                for (std::size_t r = 0; r < kShape.runs; ++r)
                    keep(
                        store->read(run_stream(s, r).str(), {.from = ReadFrom::kLog})->state.get());
        });
        loads.add((kAppends + kShape.swarms * kShape.runs) / load,
                  peer.rate({"load", "0", "1", peers_database.dsn()}));
        const double single = seconds_of([&] {
            for (std::size_t i = 0; i < kSingles; ++i) store->submit(set_command(0, 0, i));
        });
        singles.add(kSingles / single, peer_append(peer, servers, kSingles, 1));
    }
    report.add({"append on Postgres, 1,000 outstanding", "events/s", appends,
                fmt::format("{}, {} a commit", kEventStoreName, kOfACommit), 0, Better::kHigh});
    report.add({"append on Postgres, one after another", "events/s", singles,
                fmt::format("{}, 1 a commit", kEventStoreName), 0, Better::kHigh});
    report.add({"load of every run from its events on Postgres", "events/s", loads, kEventStoreName,
                0, Better::kHigh});
}

void compare_streams(Report& report, const Servers& servers) {
    const Peer peer(kStreams);
    const ScratchDirectory scratch;
    const ScratchDatabase database(servers.postgres);
    const auto store = open_store_on(database.dsn(), scratch);
    make_runs(*store, kShape);
    send_sets(*store, kShape, kEvents, kManyOutstanding);
    const bus::KafkaOptions topics = topics_of(servers, "peers", 0);
    RelayedTopic relayed(store->log(), topics);
    relayed.await_all();
    const std::uint64_t events = events_of(*store);
    Comparison from_topic;
    Comparison from_log;
    for (int run = 0; run < kRuns; ++run) {
        const ScratchDirectory states;
        const double streams = peer.rate(
            {servers.kafka, topics.topics.events, std::to_string(events), states.path().string()});
        const auto count = static_cast<double>(events);
        from_topic.add(count / catch_up_seconds(database.dsn(), &relayed.topic()), streams);
        from_log.add(count / catch_up_seconds(database.dsn(), nullptr), streams);
    }
    const std::string against = "Kafka Streams, count and newest of each key";
    report.add({"an empty node catches up, from Kafka", "events/s", from_topic, against,
                kStreamsGoal, Better::kHigh});
    report.add({"an empty node catches up, from Postgres", "events/s", from_log, against,
                kStreamsGoal, Better::kHigh});
}

}  // namespace

void bench_peers(Report& report, const Servers& servers) {
    compare_event_store(report, servers);
    compare_streams(report, servers);
}

}  // namespace skein::bench
