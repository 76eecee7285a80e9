// Commands that were taken: repeated ones get the receipt that stands, and receipts can be listed.
#include <catch2/catch.hpp>
#include <set>

#include "tests/contract/log/log_contract.h"

namespace skein::log::test {

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

}  // namespace skein::log::test
