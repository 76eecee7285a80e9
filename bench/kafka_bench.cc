// The relay: events from the log in Postgres to a topic, beside a producer that has them in memory.
#include <optional>

#include "bench/bench.h"
#include "bench/node_side.h"
#include "bench/raw_kafka.h"
#include "bench/raw_postgres.h"
#include "engine/bus/event_record.h"

namespace skein::bench {

namespace {

constexpr Shape kShape{16, 8};
constexpr std::size_t kEvents = 200'000;
constexpr std::size_t kOutstanding = 2000;
constexpr double kProducerGoal = 0.6;
constexpr double kRelayGoal = 120'000;

std::unique_ptr<Store> filled_store(const std::string& dsn, const ScratchDirectory& scratch) {
    auto store = open_store_on(dsn, scratch);
    make_runs(*store, kShape);
    send_sets(*store, kShape, kEvents, kOutstanding);
    return store;
}

double relay_seconds(const log::EventLog& log, const bus::KafkaOptions& options) {
    bus::events_topic(options, log.shard_count(), bus::WhenMissing::kMake)->prepare();
    std::optional<RelayedTopic> relayed;
    return seconds_of([&] {
        relayed.emplace(log, options);
        relayed->await_all();
    });
}

std::vector<RawRecord> records_of(const log::EventLog& log) {
    std::vector<RawRecord> records;
    bus::RecordWriter writer(log.info().store_id);
    for (std::uint32_t s = 0; s < log.shard_count(); ++s) {
        log.scan(Shard(s), Position(0), [&](const log::EventView& event) {
            const bus::Record& record = writer.write(event);
            RawRecord& raw = records.emplace_back();
            raw.partition = static_cast<std::int32_t>(s);
            raw.key = record.key;
            raw.value = record.value;
            for (const bus::Header& header : record.headers)
                raw.headers.emplace_back(header.name, header.value);
            return true;
        });
    }
    return records;
}

double raw_seconds(const std::vector<RawRecord>& records, const bus::KafkaOptions& options,
                   std::uint32_t shards) {
    bus::events_topic(options, shards, bus::WhenMissing::kMake)->prepare();
    RawProducer producer(options.brokers, options.topics.events);
    return seconds_of([&] { producer.send(records); });
}

}  // namespace

void bench_relay(Report& report, const Servers& servers) {
    const ScratchDirectory scratch;
    const ScratchDatabase database(servers.postgres);
    const auto store = filled_store(database.dsn(), scratch);
    const std::vector<RawRecord> records = records_of(store->log());
    const auto count = static_cast<double>(records.size());
    Comparison relayed;
    for (int run = 0; run < kRuns; ++run) {
        const double mine = relay_seconds(store->log(), topics_of(servers, "relay", run));
        const double raw =
            raw_seconds(records, topics_of(servers, "raw", run), store->log().shard_count());
        relayed.add(count / mine, count / raw);
    }
    report.add({"relay from Postgres to Kafka", "events/s", relayed,
                "librdkafka's idempotent producer, from memory", kProducerGoal, Better::kHigh});
    report.add({"  the same as a speed", "events/s", relayed,
                "librdkafka's idempotent producer, from memory", kRelayGoal, Better::kHigh,
                GoalOf::kValue});
}

}  // namespace skein::bench
