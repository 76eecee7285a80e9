// A log made out of another one: all of it or nothing, under that one's identity; and the receipts
// that such a move asks for together.
// Source: engine/log/log_import.h.
#include "engine/log/log_import.h"

#include <catch2/catch.hpp>
#include <map>

#include "engine/base/fault.h"

#include "tests/contract/log/import_contract.h"
#include "tests/contract/log/log_contract.h"

namespace skein::log::test {

namespace {

// What a shard holds as one batch for `import`: envelopes of these tests say where they belong.
Batch whole_shard(const EventLog& log, Shard shard, const LogImport& import) {
    Batch batch;
    batch.shard = shard;
    batch.epoch = import.epoch();
    log.scan(shard, Position(), [&](const EventView& event) {
        const std::size_t first = event.bytes.find(' ');
        batch.events.push_back({Stream(std::string(event.bytes.substr(0, first))),
                                Version(std::stoull(std::string(event.bytes.substr(first + 1)))),
                                hash_from_bytes(event.hash), std::string(event.bytes)});
        return true;
    });
    std::map<Position, BatchCommand> commands;
    log.scan_receipts([&](const Scope& scope, const Uuid& id, const Receipt& receipt) {
        if (log::shard_of(log, Stream(scope.str())) == shard)
            commands[receipt.first] = {id, scope, receipt.content_hash, receipt.event_count};
        return true;
    });
    for (const auto& [first, command] : commands) batch.commands.push_back(command);
    batch.intake = log.intake_point(shard);
    return batch;
}

void fill(EventLog& log) {
    for (std::uint64_t i = 1; i <= 40; ++i) log.append_one(small_batch(log, Shard(i % 3), i));
    const Scope scope = scope_in(log, Shard(1), 1);
    log.append_one(BatchBuilder(log, Shard(1))
                       .command(scope, uuid_of(100))
                       .event(run_in(scope, 0), std::string("\0\xff", 2))
                       .event(Stream(scope.str()))
                       .batch());
    log.move_intake(Shard(2), log.head(Shard(2)).epoch, {17, 15, 3});
}

}  // namespace

TEST_CASE("log: the receipts of many commands are found at once, in their order",
          "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& log = *made.log;
    fill(log);
    std::vector<EventLog::CommandName> names;
    for (std::uint64_t i = 45; i >= 1; --i)
        names.push_back({scope_in(log, Shard(i % 3)), uuid_of(i)});
    names.push_back({scope_in(log, Shard(1)), uuid_of(100)});  // of another scope
    const auto found = log.find_receipts(names);
    REQUIRE(found.size() == names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto one = log.find_receipt(names[i].scope, names[i].command_id);
        REQUIRE(found[i].has_value() == one.has_value());
        if (!one) continue;
        CHECK(found[i]->first == one->first);
        CHECK(found[i]->event_count == one->event_count);
        CHECK(found[i]->content_hash == one->content_hash);
    }
    CHECK_FALSE(found.front());
    CHECK(found[45 - 40]);
    CHECK_FALSE(found.back());
    CHECK(log.find_receipts({}).empty());
}

TEST_CASE("import: the log has the identity, events, hashes, receipts and intakes that were given",
          "[contract][log]") {
    const LogUnderTest made = make_log();
    EventLog& source = *made.log;
    source.take_over(Shard(1));
    fill(source);
    const ImportPlace place = make_import_place();
    {
        const auto import = place.begin(source.info());
        for (std::uint32_t s = 0; s < 4; ++s) {
            const Batch batch = whole_shard(source, Shard(s), *import);
            REQUIRE(import->append(batch).outcome == BatchOutcome::kAppended);
        }
        import->finish();
    }
    const auto log = place.open();
    REQUIRE(log);
    CHECK(log->info().store_id == source.info().store_id);
    CHECK(log->info().incarnation == source.info().incarnation);
    CHECK(log->info().secret == source.info().secret);
    REQUIRE(log->shard_count() == source.shard_count());
    CHECK(walk(*log).problem == "");
    CHECK(walk(*log).events == 42);
    for (std::uint32_t s = 0; s < 4; ++s) {
        CHECK(log->head(Shard(s)).position == source.head(Shard(s)).position);
        CHECK(log->head(Shard(s)).hash == source.head(Shard(s)).hash);
        CHECK(bytes_of(*log, Shard(s)) == bytes_of(source, Shard(s)));
        CHECK(log->intake_point(Shard(s)).has_value() == (s == 2));
    }
    CHECK(log->intake_point(Shard(2))->next == 17);
    CHECK(log->intake_point(Shard(2))->told == 15);
    CHECK(log->intake_point(Shard(2))->mark == 3);
    std::uint64_t receipts = 0;
    source.scan_receipts([&](const Scope& scope, const Uuid& id, const Receipt& receipt) {
        const auto moved = log->find_receipt(scope, id);
        REQUIRE(moved);
        CHECK(moved->first == receipt.first);
        CHECK(moved->event_count == receipt.event_count);
        CHECK(moved->content_hash == receipt.content_hash);
        ++receipts;
        return true;
    });
    CHECK(receipts == 41);
    // It goes on like any log.
    log->take_over(Shard(1));
    CHECK(log->append_one(small_batch(*log, Shard(1), 1)).commands[0].verdict ==
          Verdict::kDuplicate);
    CHECK(log->append_one(small_batch(*log, Shard(1), 500)).outcome == BatchOutcome::kAppended);
    CHECK(walk(*log).problem == "");
}

TEST_CASE("import: what was not finished never stands, and is in nobody's way", "[contract][log]") {
    const LogUnderTest made = make_log();
    fill(*made.log);
    const ImportPlace place = make_import_place();
    const bool had_log = place.open() != nullptr;
    {
        const auto import = place.begin(made.log->info());
        for (std::uint32_t s = 0; s < 3; ++s)
            import->append(whole_shard(*made.log, Shard(s), *import));
    }
    CHECK((place.open() != nullptr) == had_log);
    const auto again = place.begin(made.log->info());
    REQUIRE(again->append(whole_shard(*made.log, Shard(1), *again)).outcome ==
            BatchOutcome::kAppended);
    again->finish();
    const auto log = place.open();
    REQUIRE(log);
    CHECK(walk(*log).problem == "");
    CHECK(log->head(Shard(0)).position == Position(0));
    CHECK(log->head(Shard(1)).position == made.log->head(Shard(1)).position);
}

TEST_CASE("import: a log with events is never written over", "[contract][log]") {
    const LogUnderTest made = make_log();
    fill(*made.log);
    const ImportPlace place = make_import_place();
    const auto first = place.begin(made.log->info());
    first->append(whole_shard(*made.log, Shard(1), *first));
    first->finish();
    StoreInfo another = made.log->info();
    another.store_id = uuid_of(99);
    try {
        place.begin(another);
        FAIL("it was begun");
    } catch (const Fault& fault) {
        CHECK(fault.kind() == FaultKind::kConfig);
    }
    CHECK(place.open()->info().store_id == made.log->info().store_id);
}

TEST_CASE("import: commands that repeat and versions that do not follow are refused",
          "[contract][log]") {
    const LogUnderTest made = make_log();
    fill(*made.log);
    const ImportPlace place = make_import_place();
    const auto import = place.begin(made.log->info());
    const Batch whole = whole_shard(*made.log, Shard(1), *import);
    Batch skipped = whole;
    skipped.commands.erase(skipped.commands.begin());
    skipped.events.erase(skipped.events.begin());
    CHECK(import->append(skipped).outcome == BatchOutcome::kRefused);
    REQUIRE(import->append(whole).outcome == BatchOutcome::kAppended);
    Batch twice = whole;
    twice.expected_head = made.log->head(Shard(1)).position;
    CHECK(import->append(twice).commands[0].verdict == Verdict::kDuplicate);
    CHECK(import->append(whole).outcome == BatchOutcome::kRefused);
}

}  // namespace skein::log::test
