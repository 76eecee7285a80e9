// What a store is: its identity, its snapshots, and all that is there when it is opened again.
#include <catch2/catch.hpp>

#include "tests/contract/log/log_contract.h"

namespace skein::log::test {

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
