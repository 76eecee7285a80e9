// What readers see: events by shard and by stream, names in order, and growth that wakes them.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/contract/log/log_contract.h"

namespace skein::log::test {

TEST_CASE("log: a reader that waits is woken by growth, and by an interruption",
          "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    const std::vector<Position> none(4);
    CHECK_FALSE(log.wait_for_growth(none, std::chrono::milliseconds(0)));
    // Far longer than a test may take: only the wake-up ends it.
    std::thread appender([&] { log.append_one(small_batch(log, Shard(3), 1)); });
    CHECK(log.wait_for_growth(none, std::chrono::hours(1)));
    appender.join();
    CHECK(log.wait_for_growth(none, std::chrono::hours(1)));
    CHECK(log.grown_to(Shard(3)) == Position(1));
    CHECK(log.grown_to(Shard(2)) == Position(0));
    std::vector<Position> known(4);
    known[3] = Position(1);
    std::atomic<bool> returned{false};
    std::thread waiter([&] {
        CHECK_FALSE(log.wait_for_growth(known, std::chrono::hours(1)));
        returned = true;
    });
    while (!returned) log.interrupt_waiters();
    waiter.join();
}

TEST_CASE("log: a scan ends at the head that it began with, and where the visitor says",
          "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    for (std::uint64_t i = 1; i <= 5; ++i) log.append_one(small_batch(log, Shard(0), i));
    std::uint64_t command = 100;
    // The visitor appends: what it adds is not of this scan.
    const auto visited = log.scan(Shard(0), Position(2), [&](const EventView&) {
        return log.append_one(small_batch(log, Shard(0), ++command)).outcome ==
               BatchOutcome::kAppended;
    });
    CHECK(visited == 3);
    CHECK(log.head(Shard(0)).position == Position(8));
    CHECK(log.scan(Shard(0), Position(0), [](const EventView&) { return false; }) == 1);
    CHECK(log.scan(Shard(0), Position(8), [](const EventView&) { return true; }) == 0);
    CHECK(log.scan(Shard(0), Position(900), [](const EventView&) { return true; }) == 0);
}

TEST_CASE("log: the events of one stream are read from any version on [V-170]", "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    const Scope scope = scope_in(log, Shard(1));
    for (std::uint64_t i = 0; i < 6; ++i) {
        const Batch batch = BatchBuilder(log, Shard(1))
                                .command(scope, uuid_of(i))
                                .event(run_in(scope, 1))
                                .event(run_in(scope, 11))
                                .event(Stream(scope.str()))
                                .batch();
        REQUIRE(log.append_one(batch).outcome == BatchOutcome::kAppended);
    }
    std::vector<std::uint64_t> positions;
    const auto visited = log.scan_stream(run_in(scope, 1), Version(2), [&](const EventView& event) {
        positions.push_back(event.position.value());
        return positions.size() < 3;
    });
    CHECK(visited == 3);
    CHECK(positions == std::vector<std::uint64_t>{7, 10, 13});
    CHECK(log.scan_stream(run_in(scope, 2), Version(0), [](const EventView&) { return true; }) ==
          0);
}

TEST_CASE("log: streams are listed in name order, by scope, and from a name on",
          "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    // "-" and "." sort before "/": names that begin alike must not fall into one another's scope.
    const std::vector<std::string> names = {
        "swarm/s1",         "swarm/s1-x",       "swarm/s1.y/run/r", "swarm/s1/run/r1",
        "swarm/s1/run/r1-", "swarm/s1/run/r10", "swarm/s10/run/r1"};
    std::uint64_t command = 0;
    for (const std::string& name : names) {
        for (int i = 0; i < 2; ++i) {
            const Stream stream(name);
            const Batch batch = BatchBuilder(log, log::shard_of(log, stream))
                                    .command(scope_of(stream), uuid_of(++command))
                                    .event(stream)
                                    .batch();
            REQUIRE(log.append_one(batch).outcome == BatchOutcome::kAppended);
        }
    }
    const auto listed = [&](const std::string& scope, const std::string& after) {
        std::vector<std::string> found;
        log.scan_streams(Scope(scope), Stream(after), [&](const Stream& stream, Version head) {
            CHECK(head == Version(2));
            found.push_back(stream.str());
            return true;
        });
        return found;
    };
    CHECK(listed("", "") == names);
    CHECK(listed("", "swarm/s1.y/run/r") ==
          std::vector<std::string>(names.begin() + 3, names.end()));
    CHECK(listed("", "swarm/s1-") == std::vector<std::string>(names.begin() + 1, names.end()));
    const std::vector<std::string> of_s1 = {"swarm/s1", "swarm/s1/run/r1", "swarm/s1/run/r1-",
                                            "swarm/s1/run/r10"};
    CHECK(listed("swarm/s1", "") == of_s1);
    CHECK(listed("swarm/s1", "swarm/s1") ==
          std::vector<std::string>(of_s1.begin() + 1, of_s1.end()));
    CHECK(listed("swarm/s1", "swarm/s1/run/r1-") == std::vector<std::string>{"swarm/s1/run/r10"});
    CHECK(listed("swarm/s2", "").empty());
    CHECK(log.scan_streams(Scope(), Stream(), [](const Stream&, Version) { return false; }) == 1);
    std::vector<std::string> rows;
    const std::uint64_t visited =
        log.scan_index([&](const Stream& stream, Version version, Position position) {
            CHECK(log.position_of(stream, version) == position);
            rows.push_back(stream.str() + "@" + std::to_string(version.value()));
            return true;
        });
    CHECK(visited == 2 * names.size());
    std::vector<std::string> wanted;
    for (const std::string& name : names) {
        wanted.push_back(name + "@1");
        wanted.push_back(name + "@2");
    }
    CHECK(rows == wanted);
    CHECK(log.scan_index([](const Stream&, Version, Position) { return false; }) == 1);
}

}  // namespace skein::log::test
