// Holding a topic against its log: what may stand there, and what shows.
#include "engine/bus/topic_verify.h"

#include <catch2/catch.hpp>

#include "engine/bus/event_record.h"
#include "engine/log/memory/memory_log.h"
#include "tests/bus/written_events.h"
#include "tests/unit/bus/memory_topic.h"

namespace skein::bus::test {

namespace {

const Shard kShard(1);

log::StoreInfo store_info(std::uint8_t store) {
    log::StoreInfo info;
    info.store_id = Uuid({store, 1, 2});
    info.shard_count = 2;
    return info;
}

struct Bench {
    Bench() { writer.append(kShard, 10); }

    // Sends the log's events `first` to `last` as `source` would.
    void send(std::uint64_t first, std::uint64_t last, const log::MemoryLog& source) {
        RecordWriter records(source.info().store_id);
        source.scan(kShard, Position(first - 1), [&](const log::EventView& event) {
            if (event.position > Position(last)) return false;
            topic.store(kShard, records.write(event));
            return true;
        });
    }
    void send(std::uint64_t first, std::uint64_t last) { send(first, last, log); }
    TopicShardReport verify() {
        return verify_topic(topic, log, log.info().store_id, kShard, std::chrono::milliseconds(1));
    }

    log::MemoryLog log{store_info(7)};
    MemoryTopic topic{2};
    EventWriter writer{log};
};

}  // namespace

TEST_CASE("verify: a topic that says what the log says, however it came about, is sound [V-112]",
          "[unit][bus]") {
    Bench bench;
    SECTION("all of it") { bench.send(1, 10); }
    SECTION("doubled") {
        bench.send(1, 7);
        bench.send(3, 10);
    }
    SECTION("with a hole that was mended, and a stray record") {
        bench.send(1, 4);
        bench.send(6, 8);
        bench.topic.store(kShard, {"key", "no event", {}});
        bench.send(5, 10);
    }
    SECTION("with what a log left behind that went back") {
        log::MemoryLog before(bench.log.info());
        EventWriter(before).append(kShard, 3, 500);
        bench.send(1, 3, before);
        bench.send(1, 10);
    }
    const TopicShardReport report = bench.verify();
    CHECK_FALSE(report.difference);
    CHECK(report.last == Position(10));
    CHECK(report.head == Position(10));
}

TEST_CASE("verify: events that are not in the topic yet are no difference [V-112]", "[unit][bus]") {
    Bench bench;
    CHECK(bench.verify().last == Position(0));
    bench.send(1, 6);
    const TopicShardReport report = bench.verify();
    CHECK_FALSE(report.difference);
    CHECK(report.last == Position(6));
    CHECK(report.head == Position(10));
}

TEST_CASE("verify: a hole, a changed event and another store's are found in a topic [V-112]",
          "[unit][bus]") {
    Bench bench;
    bench.send(1, 4);
    SECTION("a hole") {
        bench.send(6, 10);
        const auto difference = bench.verify().difference;
        REQUIRE(difference);
        CHECK(difference->position == Position(5));
        CHECK(difference->offset == 4);
        CHECK(difference->found == "position 6 next");
    }
    SECTION("a changed event") {
        log::MemoryLog other(bench.log.info());
        EventWriter(other).append(kShard, 10, 200);
        bench.send(5, 5, other);
        bench.send(6, 10);
        const auto difference = bench.verify().difference;
        REQUIRE(difference);
        CHECK(difference->position == Position(5));
        CHECK(difference->found == "another event of that position");
    }
    SECTION("an event of another store") {
        log::MemoryLog other(store_info(9));
        EventWriter(other).append(kShard, 5);
        bench.send(5, 5, other);
        const auto difference = bench.verify().difference;
        REQUIRE(difference);
        CHECK(difference->found == "one of " + cloud_event_source(other.info().store_id));
    }
}

}  // namespace skein::bus::test
