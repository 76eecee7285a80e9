// The contract of the log: every backend's test file includes this once and says how to open one.
//
// Threads: the tests start their own and join them. Errors: checks of Catch2.
// Source: engine/log/event_log.h; P1, P2, P4, P5.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <set>
#include <thread>

#include "tests/contract/log_batches.h"

namespace skein::log::test {

// A new, empty log of four shards. `reopen` closes it and opens it again; null where nothing lasts.
struct LogUnderTest {
    std::unique_ptr<EventLog> log;
    std::function<void(std::unique_ptr<EventLog>&)> reopen;
    std::shared_ptr<void> directory;
};
LogUnderTest make_log();

inline std::vector<std::string> bytes_of(const EventLog& log, Shard shard, Position after = {}) {
    std::vector<std::string> found;
    log.scan(shard, after, [&](const EventView& event) {
        found.emplace_back(event.bytes);
        return true;
    });
    return found;
}

TEST_CASE("log: a new store is empty and its chain begins with its id [V-170]", "[contract][log]") {
    const LogUnderTest made = make_log();
    REQUIRE(made.log->shard_count() == 4);
    CHECK(made.log->info().secret.size() == 32);
    for (std::uint32_t s = 0; s < 4; ++s) {
        const Head head = made.log->head(Shard(s));
        CHECK(head.position == Position(0));
        CHECK(head.hash == chain_start(made.log->info().store_id));
        CHECK(bytes_of(*made.log, Shard(s)).empty());
    }
    CHECK(made.log->stream_head(Stream("swarm/none")) == Version(0));
    CHECK_FALSE(made.log->read(Shard(0), Position(1)));
    CHECK_FALSE(made.log->read(Shard(0), Position(0)));
}

TEST_CASE("log: a batch over several streams is appended whole and comes back as given [V-170]",
          "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    const Scope scope = scope_in(log, Shard(2));
    const std::string binary("\0\x01\xff bytes", 9);
    const Batch batch = BatchBuilder(log, Shard(2))
                            .command(scope, uuid_of(1))
                            .event(run_in(scope, 0), binary)
                            .event(run_in(scope, 1))
                            .event(Stream(scope.str()))
                            .command(scope, uuid_of(2))
                            .event(run_in(scope, 0))
                            .batch();
    const AppendResult result = log.append_one(batch);
    REQUIRE(result.outcome == BatchOutcome::kAppended);
    REQUIRE(result.commands.size() == 2);
    CHECK(result.commands[1].verdict == Verdict::kAppended);
    CHECK(result.commands[1].receipt->first == Position(4));
    CHECK(result.head.position == Position(4));
    CHECK(result.head.hash == batch.events.back().hash);
    const auto found = bytes_of(log, Shard(2));
    REQUIRE(found.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(found[i] == batch.events[i].bytes);
    const auto one = log.read(Shard(2), Position(3));
    REQUIRE(one);
    CHECK(one->bytes == batch.events[2].bytes);
    CHECK(one->hash == batch.events[2].hash);
    CHECK(log.stream_head(run_in(scope, 0)) == Version(2));
    CHECK(log.position_of(run_in(scope, 0), Version(2)) == Position(4));
    CHECK_FALSE(log.position_of(run_in(scope, 0), Version(3)));
    CHECK_FALSE(log.position_of(run_in(scope, 0), Version(0)));
    const Walk checked = walk(log);
    CHECK(checked.problem == "");
    CHECK(checked.events == 4);
}

TEST_CASE("log: batches of several shards in one call are judged each by itself",
          "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    REQUIRE(log.append_one(small_batch(log, Shard(1), 1)).outcome == BatchOutcome::kAppended);
    std::vector<Batch> batches;
    for (std::uint32_t s = 0; s < 4; ++s) batches.push_back(small_batch(log, Shard(s), 10 + s));
    batches[1].expected_head = Position(0);
    batches[3].epoch = Epoch(9);
    const auto results = log.append(batches);
    REQUIRE(results.size() == 4);
    CHECK(results[0].outcome == BatchOutcome::kAppended);
    CHECK(results[1].outcome == BatchOutcome::kStaleHead);
    CHECK(results[1].head.position == Position(1));
    CHECK(results[1].commands[0].verdict == Verdict::kNotTried);
    CHECK(results[2].outcome == BatchOutcome::kAppended);
    CHECK(results[3].outcome == BatchOutcome::kFenced);
    CHECK(log.head(Shard(3)).position == Position(0));
    CHECK(walk(log).problem == "");
    CHECK(walk(log).events == 3);
}

TEST_CASE("log: a version that is not the next one is a conflict and nothing is written [V-39]",
          "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    const Scope scope = scope_in(log, Shard(0));
    const Stream stream = run_in(scope, 0);
    REQUIRE(log.append_one(small_batch(log, Shard(0), 1)).outcome == BatchOutcome::kAppended);
    const auto version = GENERATE(as<std::uint64_t>{}, 0, 1, 3, 900);
    const Batch batch = BatchBuilder(log, Shard(0))
                            .command(scope, uuid_of(2))
                            .event(run_in(scope, 1))
                            .command(scope, uuid_of(3))
                            .event_at(stream, Version(version))
                            .batch();
    const AppendResult result = log.append_one(batch);
    CHECK(result.outcome == BatchOutcome::kRefused);
    CHECK(result.commands[0].verdict == Verdict::kNotTried);
    CHECK(result.commands[1].verdict == Verdict::kConflict);
    CHECK(result.commands[1].actual == Version(1));
    CHECK(result.commands[1].expected == Version(version == 0 ? 0 : version - 1));
    CHECK(log.head(Shard(0)).position == Position(1));
    CHECK(log.stream_head(run_in(scope, 1)) == Version(0));
    CHECK_FALSE(log.find_receipt(scope, uuid_of(2)));
    CHECK(walk(log).problem == "");
}

TEST_CASE("log: versions within one batch must be dense as well [V-39]", "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    const Scope scope = scope_in(log, Shard(0));
    const Batch batch = BatchBuilder(log, Shard(0))
                            .command(scope, uuid_of(1))
                            .event_at(run_in(scope, 0), Version(1))
                            .event_at(run_in(scope, 0), Version(3))
                            .batch();
    const AppendResult result = log.append_one(batch);
    CHECK(result.outcome == BatchOutcome::kRefused);
    CHECK(result.commands[0].verdict == Verdict::kConflict);
    CHECK(result.commands[0].actual == Version(1));
    CHECK(walk(log).events == 0);
}

TEST_CASE("log: an older version never replaces a newer one [V-40]", "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    const Batch first = small_batch(log, Shard(0), 1);
    REQUIRE(log.append_one(first).outcome == BatchOutcome::kAppended);
    const Batch second = small_batch(log, Shard(0), 2);
    REQUIRE(log.append_one(second).outcome == BatchOutcome::kAppended);
    Batch late = first;  // a writer that woke up late, with another command
    late.commands[0].command_id = uuid_of(3);
    CHECK(log.append_one(late).outcome == BatchOutcome::kStaleHead);
    late.expected_head = Position(2);
    CHECK(log.append_one(late).outcome == BatchOutcome::kRefused);
    CHECK(bytes_of(log, Shard(0)) ==
          std::vector<std::string>{first.events[0].bytes, second.events[0].bytes});
}

TEST_CASE("log: a repeated command gets the receipt that stands, and nothing is written",
          "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    const Scope scope = scope_in(log, Shard(0));
    const Batch first = small_batch(log, Shard(0), 1);
    REQUIRE(log.append_one(first).outcome == BatchOutcome::kAppended);

    SECTION("sent again as it was, though the head has moved") {
        const AppendResult again = log.append_one(first);
        CHECK(again.outcome == BatchOutcome::kRefused);
        REQUIRE(again.commands[0].verdict == Verdict::kDuplicate);
        CHECK(again.commands[0].receipt->first == Position(1));
        CHECK(again.commands[0].receipt->event_count == 1);
        CHECK(again.commands[0].receipt->content_hash == first.commands[0].content_hash);
        CHECK(again.head.position == Position(1));
    }
    SECTION("beside new ones, which are not tried") {
        const Batch batch = BatchBuilder(log, Shard(0))
                                .command(scope, uuid_of(2))
                                .event(run_in(scope, 0))
                                .command(scope, uuid_of(1))
                                .event(run_in(scope, 0))
                                .batch();
        const AppendResult result = log.append_one(batch);
        CHECK(result.outcome == BatchOutcome::kRefused);
        CHECK(result.commands[0].verdict == Verdict::kNotTried);
        CHECK(result.commands[1].verdict == Verdict::kDuplicate);
        CHECK_FALSE(log.find_receipt(scope, uuid_of(2)));
    }
    SECTION("twice in one batch: the second is the duplicate, and has no receipt yet") {
        const Batch batch = BatchBuilder(log, Shard(0))
                                .command(scope, uuid_of(2))
                                .event(run_in(scope, 0))
                                .command(scope, uuid_of(2))
                                .event(run_in(scope, 0))
                                .batch();
        const AppendResult result = log.append_one(batch);
        CHECK(result.outcome == BatchOutcome::kRefused);
        CHECK(result.commands[0].verdict == Verdict::kNotTried);
        CHECK(result.commands[1].verdict == Verdict::kDuplicate);
        CHECK_FALSE(result.commands[1].receipt);
    }
    CHECK(log.find_receipt(scope, uuid_of(1))->first == Position(1));
    CHECK(walk(log).events == 1);
}

TEST_CASE("log: command ids are unique within their scope alone", "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    REQUIRE(log.append_one(small_batch(log, Shard(0), 1)).outcome == BatchOutcome::kAppended);
    const Scope other = scope_in(log, Shard(0), 1);
    const Batch batch =
        BatchBuilder(log, Shard(0)).command(other, uuid_of(1)).event(run_in(other, 0)).batch();
    CHECK(log.append_one(batch).outcome == BatchOutcome::kAppended);
    CHECK(log.find_receipt(other, uuid_of(1))->first == Position(2));
}

TEST_CASE("log: taking a shard over fences the one before", "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    const Epoch mine = log.take_over(Shard(0));
    const Batch batch = small_batch(log, Shard(0), 1);
    REQUIRE(batch.epoch == mine);
    const Epoch theirs = log.take_over(Shard(0));
    CHECK(theirs > mine);
    CHECK(log.head(Shard(0)).epoch == theirs);
    CHECK(log.append_one(batch).outcome == BatchOutcome::kFenced);
    CHECK(walk(log).events == 0);
    CHECK(log.append_one(small_batch(log, Shard(0), 1)).outcome == BatchOutcome::kAppended);
    CHECK(log.head(Shard(0)).epoch == theirs);
}

TEST_CASE("log: appenders of four shards and readers see dense positions in order [V-170]",
          "[contract][log]") {
    constexpr std::uint64_t kBatches = 60;
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    std::atomic<int> running{4};
    std::atomic<int> broken{0};
    std::vector<std::thread> threads;
    for (std::uint32_t s = 0; s < 4; ++s) {
        threads.emplace_back([&, s] {
            const Scope scope = scope_in(log, Shard(s));
            for (std::uint64_t i = 0; i < kBatches; ++i) {
                BatchBuilder batch(log, Shard(s));
                for (std::uint64_t c = 0; c < 3; ++c) {
                    batch.command(scope, uuid_of(s, i * 3 + c));
                    batch.event(run_in(scope, static_cast<int>((i + c) % 5)));
                }
                if (log.append_one(batch.batch()).outcome != BatchOutcome::kAppended) ++broken;
            }
            --running;
        });
        threads.emplace_back([&, s] {
            Position last;
            while (running > 0 || last < log.head(Shard(s)).position) {
                const Position head = log.head(Shard(s)).position;
                log.scan(Shard(s), last, [&](const EventView& event) {
                    if (event.position != last.next()) ++broken;
                    last = event.position;
                    return true;
                });
                if (last < head) ++broken;
                std::vector<Position> known(4, Position(~0ULL));
                known[s] = last;
                if (running > 0) log.wait_for_growth(known, std::chrono::milliseconds(1));
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(broken == 0);
    const Walk checked = walk(log);
    CHECK(checked.problem == "");
    CHECK(checked.events == 4 * 3 * kBatches);
}

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

TEST_CASE("log: the receipts are listed, those of one scope together", "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    std::set<std::pair<std::string, Uuid>> wanted;
    for (const char* name : {"swarm/s2", "swarm/s1-x", "swarm/s1/run/r1", "swarm/s1"}) {
        for (std::uint64_t command = 1; command <= 3; ++command) {
            const Stream stream(name);
            const Uuid id = uuid_of(command * 100 + stream.str().size() % 10 + name[7]);
            const Batch batch = BatchBuilder(log, log::shard_of(log, stream))
                                    .command(scope_of(stream), id)
                                    .event(stream)
                                    .event(stream)
                                    .batch();
            REQUIRE(log.append_one(batch).outcome == BatchOutcome::kAppended);
            wanted.emplace(scope_of(stream).str(), id);
        }
    }
    std::set<std::pair<std::string, Uuid>> listed;
    std::vector<std::string> scopes;
    const std::uint64_t visited =
        log.scan_receipts([&](const Scope& scope, const Uuid& command_id, const Receipt& receipt) {
            const auto stored = log.find_receipt(scope, command_id);
            REQUIRE(stored);
            CHECK(stored->first == receipt.first);
            CHECK(stored->event_count == receipt.event_count);
            CHECK(stored->content_hash == receipt.content_hash);
            listed.emplace(scope.str(), command_id);
            if (scopes.empty() || scopes.back() != scope.str()) scopes.push_back(scope.str());
            return true;
        });
    CHECK(visited == 12);
    CHECK(listed == wanted);
    CHECK(scopes.size() == 3);
    CHECK(log.scan_receipts([](const Scope&, const Uuid&, const Receipt&) { return false; }) == 1);
}

TEST_CASE("log: the newest snapshot at or below a version is found", "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    const Stream stream("swarm/s1/run/r1");
    CHECK_FALSE(log.find_snapshot(stream, Version(100)));
    log.put_snapshot(stream, Version(10), "ten");
    log.put_snapshot(stream, Version(300), std::string("\0big", 4));
    log.put_snapshot(Stream("swarm/s1/run/r10"), Version(20), "another stream");
    CHECK_FALSE(log.find_snapshot(stream, Version(9)));
    CHECK(log.find_snapshot(stream, Version(10))->bytes == "ten");
    CHECK(log.find_snapshot(stream, Version(299))->version == Version(10));
    CHECK(log.find_snapshot(stream, Version(9000))->bytes == std::string("\0big", 4));
    CHECK_FALSE(log.find_snapshot(Stream("swarm/s1/run/r0"), Version(9000)));
}

TEST_CASE("log: reopening keeps events, receipts, epochs, snapshots and identity [V-170]",
          "[contract][log]") {
    LogUnderTest made = make_log();
    if (!made.reopen) return;
    const StoreInfo before = made.log->info();
    const Epoch epoch = made.log->take_over(Shard(0));
    for (std::uint64_t i = 1; i <= 200; ++i) {
        made.log->append_one(small_batch(*made.log, Shard(i % 4), i));
    }
    made.log->put_snapshot(Stream("swarm/s1"), Version(3), "snapshot");
    made.reopen(made.log);
    EventLog& log = *made.log;
    CHECK(log.info().store_id == before.store_id);
    CHECK(log.info().incarnation == before.incarnation);
    CHECK(log.info().secret == before.secret);
    CHECK(log.shard_count() == 4);
    CHECK(log.head(Shard(0)).epoch == epoch);
    CHECK(walk(log).problem == "");
    CHECK(walk(log).events == 200);
    CHECK(log.find_receipt(scope_in(log, Shard(1)), uuid_of(5))->first == Position(2));
    CHECK(log.find_snapshot(Stream("swarm/s1"), Version(3))->bytes == "snapshot");
    CHECK(log.append_one(small_batch(log, Shard(2), 1000)).outcome == BatchOutcome::kAppended);
    log.reopen();
    CHECK(walk(log).events == 201);
    CHECK(log.append_one(small_batch(log, Shard(2), 1001)).outcome == BatchOutcome::kAppended);
    CHECK(log.append_one(small_batch(log, Shard(2), 1000)).commands[0].verdict ==
          Verdict::kDuplicate);
}

}  // namespace skein::log::test
