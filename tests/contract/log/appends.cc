// What an append does: whole batches, dense positions and versions, one writer of a shard.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/contract/log/log_contract.h"

namespace skein::log::test {

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

TEST_CASE("log: large batches of several shards are judged each by itself too [V-39][V-170]",
          "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    constexpr std::uint64_t kEvents = 30;  // what a backend may write in another way than a few
    const auto large_batch = [&log](Shard shard, std::uint64_t first_id) {
        BatchBuilder builder(log, shard);
        const Scope scope = scope_in(log, shard);
        for (std::uint64_t n = 0; n < kEvents; ++n)
            builder.command(scope, uuid_of(first_id + n)).event(run_in(scope, n % 3 == 0 ? 0 : 1));
        return builder.batch();
    };
    for (const Shard shard : {Shard(0), Shard(1), Shard(2)})
        REQUIRE(log.append_one(large_batch(shard, 100)).outcome == BatchOutcome::kAppended);
    std::vector<Batch> batches;
    for (const Shard shard : {Shard(0), Shard(1), Shard(2)})
        batches.push_back(large_batch(shard, 200));
    Batch& odd = batches[1];
    bool is_repeated = false;
    bool is_refused = true;
    SECTION("all as they should be") { is_refused = false; }
    SECTION("one with a command that was taken") {
        odd.commands[17].command_id = uuid_of(105);
        is_repeated = true;
    }
    SECTION("one behind a head that was") { odd.expected_head = Position(3); }
    SECTION("one behind a head that is not yet") { odd.expected_head = Position(2 * kEvents); }
    SECTION("one of another owner") { log.take_over(Shard(1)); }
    SECTION("one with a stream that has moved on") {
        for (BatchEvent& event : odd.events) event.version = Version(event.version.value() + 1);
    }
    const std::vector<AppendResult> results = log.append(batches);
    REQUIRE(results.size() == 3);
    CHECK(results[0].outcome == BatchOutcome::kAppended);
    CHECK((results[1].outcome == BatchOutcome::kAppended) == !is_refused);
    CHECK(results[2].outcome == BatchOutcome::kAppended);
    CHECK(log.head(Shard(1)).position == Position(is_refused ? kEvents : 2 * kEvents));
    CHECK(log.find_receipt(scope_in(log, Shard(1)), uuid_of(200)).has_value() == !is_refused);
    if (is_repeated) {
        CHECK(results[1].commands[17].verdict == Verdict::kDuplicate);
        CHECK(results[1].commands[17].receipt->first == Position(6));
        CHECK(results[1].commands[16].verdict == Verdict::kNotTried);
    }
    CHECK(walk(log).events == (is_refused ? 5 : 6) * kEvents);
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

}  // namespace skein::log::test
