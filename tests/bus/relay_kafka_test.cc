// The relay on a real broker: what a strict reader gets from every partition is the log.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/bus/running_relay.h"
#include "tests/servers/kafka_broker.h"

namespace skein::bus::test {

using skein::test::KafkaBroker;

TEST_CASE("relay: what a strict reader gets from a broker is the log, byte for byte [V-112]",
          "[kafka]") {
    RunningRelay running(options_at(KafkaBroker::shared().address(), "equal"), 4);
    running.fill(500);
    running.check_all_arrives();
    running.fill(300);
    running.writer.append(Shard(2), 1, 4'000'000);
    running.writer.append(Shard(2), 3, 4U << 20);
    running.fill(10);
    running.check_all_arrives();
    const RelayStatus status = running.relay.status();
    INFO(status.last_problem);
    CHECK(status.failures == 0);
    CHECK(status.sessions == 1);
    CHECK(status.republished == 0);
    CHECK(read_strictly(*running.reading, running.log, Shard(2)).dropped == 0);
    CHECK(comes_true([&] { return running.relay.status().audits > 8; }));
    CHECK(running.relay.status().failures == 0);
}

TEST_CASE(
    "record: strangers read CloudEvents and check the chain: another client, another library "
    "[V-112]",
    "[kafka]") {
    RunningRelay running(options_at(KafkaBroker::shared().address(), "strangers"), 2);
    running.fill(40);
    running.writer.append(Shard(1), 5, 100'000);
    running.check_all_arrives();
    const std::string tests = SKEIN_BUS_TESTS;
    const std::string command = fmt::format(
        "PYTHONPATH=\"$({}/python_packages.sh)\" python3 {}/check_cloud_events.py {} strangers {} ",
        tests, tests, KafkaBroker::shared().address(), running.log.info().store_id.str());
    CHECK(std::system((command + "40 45").c_str()) == 0);
}

TEST_CASE("relay: another relay goes on after what stands [V-112]", "[kafka]") {
    const KafkaOptions options = options_at(KafkaBroker::shared().address(), "goes_on");
    RunningRelay running(options, 4);
    running.fill(100);
    running.check_all_arrives();
    running.relay.stop();
    running.fill(100);
    Relay another(running.log, running.log.info().store_id, *running.topic, watchful());
    another.start();
    CHECK(comes_true([&] { return lack_of(*running.reading, running.log).empty(); }));
    another.stop();
    CHECK(another.status().deliveries == 400);
    CHECK(read_strictly(*running.reading, running.log, Shard(0)).dropped == 0);
}

TEST_CASE("relay: two at a time double events and tear no hole [V-172]", "[kafka]") {
    const KafkaOptions options = options_at(KafkaBroker::shared().address(), "two");
    RunningRelay running(options, 2);
    const auto topic = events_topic(options, 2, WhenMissing::kMake);
    Relay zombie(running.log, running.log.info().store_id, *topic, watchful());
    zombie.start();
    for (int i = 0; i < 50; ++i) running.fill(20);
    running.check_all_arrives();
    zombie.stop();
    const StrictReading reading = read_strictly(*running.reading, running.log, Shard(0));
    CHECK(reading.holes == 0);
    CHECK(reading.dropped > 0);
}

TEST_CASE("reader: partitions are followed from the offsets given, and lost ones are told",
          "[kafka]") {
    RunningRelay running(options_at(KafkaBroker::shared().address(), "followed"), 2);
    running.fill(50);
    running.check_all_arrives();
    const auto reader = running.reading->open_reader(EventTopic::Reading::kEnd);
    std::vector<std::uint64_t> seen(2);
    const auto take = [&](const StoredRecord& stored) {
        const auto event = received_event(stored);
        REQUIRE(event);
        CHECK(event->position.value() == static_cast<std::uint64_t>(stored.offset) + 1);
        seen[stored.shard.value()] = event->position.value();
    };
    reader->assign({{Shard(0), 0}, {Shard(1), 45}});
    CHECK(comes_true([&] {
        CHECK(reader->poll(std::chrono::milliseconds(50), take).empty());
        return seen[0] == 50 && seen[1] == 50;
    }));
    running.fill(5);
    CHECK(comes_true([&] {
        reader->poll(std::chrono::milliseconds(50), take);
        return seen[0] == 55 && seen[1] == 55;
    }));
    // An offset that does not stand is told, never jumped over.
    seen = {0, 0};
    reader->assign({{Shard(0), 1000}, {Shard(1), 52}});
    std::vector<Shard> lost;
    CHECK(comes_true([&] {
        const auto more = reader->poll(std::chrono::milliseconds(50), take);
        lost.insert(lost.end(), more.begin(), more.end());
        return !lost.empty() && seen[1] == 55;
    }));
    CHECK(lost == std::vector<Shard>{Shard(0)});
    CHECK(seen[0] == 0);
}

TEST_CASE("reader: partitions are given and taken as fast as shards come and go [V-172]",
          "[kafka]") {
    RunningRelay running(options_at(KafkaBroker::shared().address(), "reassigned"), 2);
    running.fill(50);
    running.check_all_arrives();
    const auto reading = GENERATE(EventTopic::Reading::kEnd, EventTopic::Reading::kPast);
    const auto reader = running.reading->open_reader(reading);
    std::vector<std::uint64_t> seen(2);
    const auto take = [&](const StoredRecord& stored) { ++seen[stored.shard.value()]; };
    for (int round = 0; round < 20; ++round) {
        reader->assign({{Shard(0), 0}, {Shard(1), 0}});
        if (round % 2 == 0) reader->poll(std::chrono::milliseconds(200), take);
        reader->assign({{Shard(1), 0}});
        reader->assign({{Shard(0), 0}, {Shard(1), 0}});
        reader->assign({});
    }
    seen = {0, 0};
    reader->assign({{Shard(0), 10}, {Shard(1), 0}});
    CHECK(comes_true([&] {
        reader->poll(std::chrono::milliseconds(50), take);
        return seen[0] == 40 && seen[1] == 50;
    }));
}

}  // namespace skein::bus::test
