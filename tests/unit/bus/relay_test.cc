// The relay over a topic that goes wrong in every way a broker does: a strict reader gets the log.
#include "engine/bus/relay.h"

#include <catch2/catch.hpp>
#include <random>

#include "engine/base/fault.h"
#include "engine/bus/read_back.h"
#include "engine/log/memory/memory_log.h"
#include "tests/bus/strict_reader.h"
#include "tests/bus/written_events.h"
#include "tests/unit/bus/memory_topic.h"

namespace skein::bus::test {

namespace {

using std::chrono::milliseconds;
using Loss = MemoryTopic::Loss;

constexpr std::uint32_t kShards = 3;

log::StoreInfo store_info(std::uint8_t store = 7) {
    log::StoreInfo info;
    info.store_id = Uuid({store, 1, 2});
    info.shard_count = kShards;
    return info;
}

// No pauses: steps alone are time here.
RelayOptions eager() {
    RelayOptions options;
    options.audit_interval = milliseconds(0);
    options.retry_after_min = options.retry_after_max = milliseconds(0);
    return options;
}

struct Bench {
    explicit Bench(RelayOptions options = eager())
        : relay(log, log.info().store_id, topic, std::move(options)) {}

    void steps(int count) {
        for (int i = 0; i < count; ++i) relay.step(milliseconds(0));
    }
    void fill(std::uint64_t events) {
        for (std::uint32_t s = 0; s < kShards; ++s) writer.append(Shard(s), events + s);
    }

    log::MemoryLog log{store_info()};
    MemoryTopic topic{kShards};
    EventWriter writer{log};
    Relay relay;
};

}  // namespace

TEST_CASE("relay: a strict reader of every partition gets the log [V-112]", "[unit][bus]") {
    Bench bench;
    bench.fill(20);
    bench.steps(4);
    CHECK(difference_of(bench.topic, bench.log) == "");
    bench.fill(7);
    bench.steps(4);
    CHECK(difference_of(bench.topic, bench.log) == "");
    const RelayStatus status = bench.relay.status();
    CHECK(status.sessions == 1);
    CHECK(status.failures == 0);
    CHECK(status.republished == 0);
    CHECK(status.deliveries == 3 * 27 + 6);
    CHECK(status.shards[2].delivered == bench.log.head(Shard(2)).position);
    CHECK(status.audits > 0);
}

TEST_CASE("relay: another one goes on after what stands in the partition", "[unit][bus]") {
    Bench bench;
    bench.fill(20);
    bench.steps(4);
    bench.fill(20);
    Relay another(bench.log, bench.log.info().store_id, bench.topic, eager());
    for (int i = 0; i < 4; ++i) another.step(milliseconds(0));
    CHECK(another.status().deliveries == 3 * 20 + 3);
    CHECK(difference_of(bench.topic, bench.log) == "");
    CHECK(read_strictly(bench.topic, bench.log, Shard(0)).dropped == 0);
}

TEST_CASE("relay: its shards may change while it sends: each partition has the log [V-112]",
          "[unit][bus]") {
    Bench bench;
    bench.relay.set_shards({});
    bench.fill(20);
    bench.steps(4);
    CHECK(bench.relay.status().sessions == 0);
    CHECK(bench.topic.extent(Shard(0)).end == 0);
    bench.relay.set_shards({Shard(0), Shard(2)});
    bench.steps(4);
    CHECK(bench.relay.status().deliveries == 20 + 22);
    CHECK(bench.topic.extent(Shard(1)).end == 0);
    // Shard 2 goes to another relay, and comes back: what that one sent is found, not sent again.
    bench.relay.set_shards({Shard(0), Shard(1)});
    Relay another(bench.log, bench.log.info().store_id, bench.topic, eager());
    another.set_shards({Shard(2)});
    bench.fill(5);
    bench.steps(4);
    for (int i = 0; i < 4; ++i) another.step(milliseconds(0));
    another.set_shards({});
    bench.relay.set_shards({Shard(0), Shard(1), Shard(2)});
    bench.fill(3);
    bench.steps(4);
    for (int i = 0; i < 4; ++i) another.step(milliseconds(0));
    CHECK(difference_of(bench.topic, bench.log) == "");
    CHECK(bench.relay.status().republished == 0);
    CHECK(bench.relay.status().failures == 0);
    for (std::uint32_t s = 0; s < kShards; ++s)
        CHECK(read_strictly(bench.topic, bench.log, Shard(s)).dropped == 0);
}

TEST_CASE("relay: what a delivery does not prove is read back [V-113]", "[unit][bus]") {
    const auto loss = GENERATE(Loss::kFails, Loss::kFailsButStored, Loss::kUnknownOffset,
                               Loss::kLostThoughAcknowledged);
    Bench bench;
    bench.fill(20);
    bench.steps(4);
    bench.topic.lose_next(loss);
    bench.fill(20);
    bench.steps(12);
    CHECK(difference_of(bench.topic, bench.log) == "");
    CHECK(bench.relay.status().failures >= 1);
    CHECK(bench.relay.status().sessions >= 2);
}

TEST_CASE("relay: what the topic lost is found and sent again [V-113]", "[unit][bus]") {
    Bench bench;
    bench.fill(20);
    bench.steps(4);
    SECTION("the end of a partition") { bench.topic.cut(Shard(1), 5); }
    SECTION("all of it") { bench.topic.erase_all(); }
    SECTION("the end, while events go on: a hole") {
        bench.topic.cut(Shard(1), 5);
        bench.fill(3);
    }
    SECTION("all of it, while events go on: the first record is none of the first events") {
        bench.topic.erase_all();
        bench.fill(3);
    }
    bench.steps(12);
    CHECK(difference_of(bench.topic, bench.log) == "");
    CHECK(bench.relay.status().republished > 0);
}

TEST_CASE("relay: records of an ended session that arrive later do no harm", "[unit][bus]") {
    Bench bench;
    bench.topic.set_late(true);
    bench.topic.set_deliveries_max(3);
    bench.fill(10);
    bench.steps(3);
    bench.topic.lose_next(Loss::kFails);
    bench.steps(60);
    CHECK(difference_of(bench.topic, bench.log) == "");
    std::uint64_t dropped = 0;
    for (std::uint32_t s = 0; s < kShards; ++s)
        dropped += read_strictly(bench.topic, bench.log, Shard(s)).dropped;
    CHECK(dropped > 0);
}

TEST_CASE("relay: an hour without a broker costs bounded memory, and is made up for [V-172]",
          "[unit][bus]") {
    RelayOptions options = eager();
    options.in_flight_events_max = 50;
    Bench bench(options);
    bench.fill(5);
    bench.steps(4);
    bench.topic.set_down(true);
    for (int second = 0; second < 3600; ++second) {
        bench.writer.append(Shard(static_cast<std::uint64_t>(second) % kShards), 2);
        bench.steps(1);
        REQUIRE(bench.topic.waiting() <= 50);
    }
    CHECK(bench.topic.waiting() == 50);
    bench.topic.set_down(false);
    for (int i = 0; i < 1000 && !difference_of(bench.topic, bench.log).empty(); ++i) bench.steps(1);
    CHECK(difference_of(bench.topic, bench.log) == "");
    CHECK(bench.relay.status().in_flight_peak == 50);
}

TEST_CASE("relay: no more bytes are in flight than it may have", "[unit][bus]") {
    RelayOptions options = eager();
    options.in_flight_bytes_max = 1000;
    Bench bench(options);
    bench.fill(1);
    bench.steps(4);
    bench.topic.set_down(true);
    for (int i = 0; i < 5; ++i) bench.writer.append(Shard(0), 1, 900);
    bench.steps(3);
    CHECK(bench.topic.waiting() == 1);
    bench.topic.set_down(false);
    bench.steps(20);
    CHECK(difference_of(bench.topic, bench.log) == "");
}

TEST_CASE("relay: a log that went back is told from the topic, which gets the new events",
          "[unit][bus]") {
    Bench bench;
    bench.fill(20);
    bench.steps(4);
    log::MemoryLog restored(store_info());
    EventWriter writer(restored);
    writer.append(Shard(0), 10);  // the same first ten? no: one batch of ten is as one of twenty
    writer.append(Shard(0), 1, 300);  // from here on another history
    Relay relay(restored, restored.info().store_id, bench.topic, eager());
    for (int i = 0; i < 4; ++i) relay.step(milliseconds(0));
    // What the old history left behind is of another chain for whoever follows the new one.
    const StrictReading reading = read_strictly(bench.topic, restored, Shard(0));
    CHECK(relay.status().shards[0].delivered == restored.head(Shard(0)).position);
    CHECK(relay.status().deliveries >= 1);
    CHECK(reading.last.value() >= 10);
}

TEST_CASE("relay: it never writes into the events of another store", "[unit][bus]") {
    Bench bench;
    bench.fill(3);
    bench.steps(4);
    log::MemoryLog other(store_info(9));
    EventWriter(other).append(Shard(0), 5);
    Relay relay(other, other.info().store_id, bench.topic, eager());
    for (int i = 0; i < 4; ++i) relay.step(milliseconds(0));
    CHECK(relay.status().deliveries == 0);
    CHECK_THAT(relay.status().last_problem, Catch::Contains("another store"));
    CHECK(relay.status().is_foreign);
    CHECK_FALSE(bench.relay.status().is_foreign);
    CHECK_THROWS_WITH(check_owner(bench.topic, other.shard_count(), other.info().store_id),
                      Catch::Contains("another store"));
    CHECK_THROWS_WITH(check_owner(bench.topic, other.shard_count(), std::nullopt),
                      Catch::Contains("is to be made"));
    CHECK_NOTHROW(check_owner(bench.topic, other.shard_count(), bench.log.info().store_id));
    CHECK(difference_of(bench.topic, bench.log) == "");
}

TEST_CASE("relay: somebody's stray record is passed over", "[unit][bus]") {
    Bench bench;
    bench.topic.store(Shard(0), {"key", "no event", {}});
    bench.fill(5);
    bench.steps(4);
    bench.topic.store(Shard(1), {"key", "no event", {{"skein_hash", "zz"}}});
    Relay another(bench.log, bench.log.info().store_id, bench.topic, eager());
    bench.fill(5);
    for (int i = 0; i < 4; ++i) another.step(milliseconds(0));
    CHECK(difference_of(bench.topic, bench.log) == "");
}

TEST_CASE("relay: with faults in any order a strict reader gets the log [V-112] [V-113]",
          "[unit][bus]") {
    const char* const given = std::getenv("SKEIN_SEED");
    const std::uint64_t seed =
        given == nullptr ? std::random_device()() : std::strtoull(given, nullptr, 10);
    SeededRandom random(seed);
    std::uint64_t faults = 0;
    for (int round = 0; round < 150; ++round) {
        INFO("seed " << seed << ", round " << round);
        RelayOptions options = eager();
        options.in_flight_events_max = 1 + random.below(30);
        Bench bench(options);
        bench.topic.set_late(random.below(2) == 0);
        bench.topic.set_deliveries_max(1 + random.below(10));
        for (int i = 0; i < 40; ++i) {
            if (random.below(2) == 0)
                bench.writer.append(Shard(random.below(kShards)), 1 + random.below(6));
            ++faults;
            switch (random.below(8)) {
                case 0: bench.topic.lose_next(static_cast<Loss>(1 + random.below(4))); break;
                case 1: bench.topic.cut(Shard(random.below(kShards)), random.below(9)); break;
                case 2: bench.topic.set_down(true); break;
                case 3:
                    if (random.below(6) == 0) bench.topic.erase_all();
                    break;
                default:
                    bench.topic.set_down(false);
                    --faults;
                    break;
            }
            bench.steps(static_cast<int>(random.below(4)));
        }
        bench.topic.set_down(false);
        bench.topic.lose_next(Loss::kNone);
        for (int i = 0; i < 300 && !difference_of(bench.topic, bench.log).empty(); ++i)
            bench.steps(1);
        REQUIRE(difference_of(bench.topic, bench.log) == "");
    }
    CHECK(faults > 1000);
}

}  // namespace skein::bus::test
