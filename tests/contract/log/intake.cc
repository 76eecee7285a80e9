// Commands from a topic: the point up to which a partition is taken is kept with an append or not
// at all, or moved alone by who owns the shard.
// Source: design section 4 (command intake).
#include <catch2/catch.hpp>

#include "tests/contract/log/log_contract.h"

namespace skein::log::test {

namespace {

// "next/told", or "none"; with "/mark" where there is one.
std::string point_of(const EventLog& log, Shard shard) {
    const auto point = log.intake_point(shard);
    if (!point) return "none";
    return fmt::format("{}/{}{}", point->next, point->told,
                       point->mark == 0 ? std::string() : fmt::format("/{}", point->mark));
}

}  // namespace

TEST_CASE("log: the point of an intake is kept with an append, or not at all", "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    CHECK(point_of(log, Shard(0)) == "none");
    Batch batch = small_batch(log, Shard(0), 1);
    batch.intake = IntakePoint{5, 3};
    REQUIRE(log.append_one(batch).outcome == BatchOutcome::kAppended);
    CHECK(point_of(log, Shard(0)) == "5/3");
    CHECK(point_of(log, Shard(1)) == "none");

    SECTION("an append without one leaves it") {
        REQUIRE(log.append_one(small_batch(log, Shard(0), 2)).outcome == BatchOutcome::kAppended);
        CHECK(point_of(log, Shard(0)) == "5/3");
    }
    SECTION("a batch of any size moves it, also one without events") {
        BatchBuilder many(log, Shard(0));
        const Scope scope = scope_in(log, Shard(0));
        for (std::uint64_t i = 10; i < 40; ++i)
            many.command(scope, uuid_of(i)).event(run_in(scope, 1));
        batch = many.batch();
        batch.intake = IntakePoint{40, 40, INT64_MAX};
        REQUIRE(log.append_one(batch).outcome == BatchOutcome::kAppended);
        CHECK(point_of(log, Shard(0)) == "40/40/9223372036854775807");
        batch = BatchBuilder(log, Shard(0)).batch();
        batch.intake = IntakePoint{41, 40};
        REQUIRE(log.append_one(batch).outcome == BatchOutcome::kAppended);
        CHECK(point_of(log, Shard(0)) == "41/40");
    }
    SECTION("a repeated command, a stale head, a conflict and a lost epoch leave it") {
        batch.intake = IntakePoint{6, 6};
        CHECK(log.append_one(batch).commands[0].verdict == Verdict::kDuplicate);
        Batch stale = small_batch(log, Shard(0), 2);
        stale.expected_head = Position(0);
        stale.intake = IntakePoint{7, 7};
        CHECK(log.append_one(stale).outcome == BatchOutcome::kStaleHead);
        const Scope scope = scope_in(log, Shard(0));
        Batch conflict = BatchBuilder(log, Shard(0))
                             .command(scope, uuid_of(3))
                             .event_at(run_in(scope, 0), Version(9))
                             .batch();
        conflict.intake = IntakePoint{8, 8};
        CHECK(log.append_one(conflict).commands[0].verdict == Verdict::kConflict);
        Batch fenced = small_batch(log, Shard(0), 4);
        fenced.intake = IntakePoint{9, 9};
        log.take_over(Shard(0));
        CHECK(log.append_one(fenced).outcome == BatchOutcome::kFenced);
        CHECK(point_of(log, Shard(0)) == "5/3");
    }
    SECTION("of several batches in one call, each by itself") {
        std::vector<Batch> batches;
        for (std::uint32_t s = 0; s < 4; ++s) {
            batches.push_back(small_batch(log, Shard(s), 20 + s));
            batches.back().intake = IntakePoint{100 + s, s};
        }
        batches[1].epoch = Epoch(77);
        batches[2].intake.reset();
        log.append(batches);
        CHECK(point_of(log, Shard(0)) == "100/0");
        CHECK(point_of(log, Shard(1)) == "none");
        CHECK(point_of(log, Shard(2)) == "none");
        CHECK(point_of(log, Shard(3)) == "103/3");
    }
    CHECK(walk(log).problem == "");
}

TEST_CASE("log: the point of an intake is moved alone by the owner of the shard",
          "[contract][log]") {
    LogUnderTest made = make_log();
    EventLog& log = *made.log;
    const Epoch mine = log.take_over(Shard(2));
    CHECK(log.move_intake(Shard(2), mine, {10, 10, 7}));
    CHECK(point_of(log, Shard(2)) == "10/10/7");
    CHECK(log.move_intake(Shard(2), mine, {4, 2}));
    CHECK(point_of(log, Shard(2)) == "4/2");
    const Epoch theirs = log.take_over(Shard(2));
    CHECK_FALSE(log.move_intake(Shard(2), mine, {11, 11}));
    CHECK(point_of(log, Shard(2)) == "4/2");
    CHECK(log.move_intake(Shard(2), theirs, {12, 11}));
    CHECK(log.head(Shard(2)).position == Position(0));
    if (made.reopen) made.reopen(made.log);
    CHECK(point_of(*made.log, Shard(2)) == "12/11");
    CHECK(point_of(*made.log, Shard(3)) == "none");
}

}  // namespace skein::log::test
