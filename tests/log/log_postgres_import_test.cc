// A store moved into Postgres, beside others who want the same database.
//
// Each case has a database of its own on a server of this binary's own.
#include <libpq-fe.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "engine/base/fault.h"
#include "engine/log/memory/memory_log.h"
#include "engine/log/postgres/migrator.h"
#include "engine/log/postgres/pg_fault.h"
#include "engine/log/postgres/postgres_import.h"
#include "engine/log/postgres/postgres_log.h"

#include "tests/contract/log_batches.h"
#include "tests/log/postgres_log_at.h"
#include "tests/servers/postgres_server.h"

namespace skein::log::test {

namespace {

using skein::test::PostgresServer;

std::string migrated_database() {
    const std::string dsn = PostgresServer::shared().create_database();
    Migrator(options_at(dsn).connect).up();
    return dsn;
}

std::string sql(const std::string& dsn, const std::string& text) {
    PGconn* const connection = PQconnectdb(dsn.c_str());
    PGresult* const result = PQexec(connection, text.c_str());
    INFO(text << ": " << PQerrorMessage(connection));
    const ExecStatusType status = PQresultStatus(result);
    CHECK((status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK));
    const std::string value = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
    PQclear(result);
    PQfinish(connection);
    return value;
}

// What is moved in: one event of a log that has two shards.
StoreInfo identity() { return {uuid_of(70), uuid_of(71), 2, std::string(32, 'x')}; }
Batch moved_batch(const LogImport& import) {
    const MemoryLog source(identity());
    Batch batch = small_batch(source, Shard(1), 1);
    batch.epoch = import.epoch();
    return batch;
}

std::string refusal_of(const std::string& dsn) {
    try {
        PostgresImport(options_at(dsn).connect, identity());
    } catch (const Fault& fault) {
        CHECK(fault.kind() == FaultKind::kConfig);
        return fault.what();
    }
    FAIL("it was begun");
    return {};
}

}  // namespace

TEST_CASE("import: the empty store that migrate made gives way, and who opened it is fenced",
          "[postgres]") {
    const std::string dsn = migrated_database();
    const auto before = open_log(dsn);
    before->take_over(Shard(0));
    const Batch late = small_batch(*before, Shard(0), 9);
    {
        PostgresImport import(options_at(dsn).connect, identity());
        REQUIRE(import.append(moved_batch(import)).outcome == BatchOutcome::kAppended);
        import.finish();
    }
    CHECK(before->append_one(late).outcome == BatchOutcome::kFenced);
    CHECK_THROWS_WITH(before->reopen(), Catch::Contains("holds another store now"));
    const auto log = open_log(dsn);
    CHECK(log->info().store_id == identity().store_id);
    CHECK(log->shard_count() == 2);
    CHECK(walk(*log).problem == "");
    CHECK(walk(*log).events == 1);
    CHECK(sql(dsn, "SELECT count(*) FROM skein.leases") == "2");
    CHECK(sql(dsn, "SELECT count(*) FROM skein.shard_heads") == "2");
}

TEST_CASE("import: a database that somebody uses is refused, and left as it is", "[postgres]") {
    const std::string dsn = migrated_database();
    const Uuid made = open_log(dsn)->info().store_id;
    SECTION("a node is alive") {
        sql(dsn, "SELECT skein.renew_node('n', 'a', 60000)");
        CHECK_THAT(refusal_of(dsn), Catch::Contains("is in use"));
        sql(dsn, "SELECT skein.remove_node('n')");
    }
    SECTION("somebody holds a lease") {
        sql(dsn, "SELECT skein.take_lease(2, 'n', '', 60000)");
        CHECK_THAT(refusal_of(dsn), Catch::Contains("is in use"));
        sql(dsn, "SELECT skein.release_leases('{2}', 'n')");
    }
    CHECK(open_log(dsn)->info().store_id == made);
    PostgresImport(options_at(dsn).connect, identity()).finish();
    CHECK(open_log(dsn)->info().store_id == identity().store_id);
}

TEST_CASE("import: tables that are not up to date are refused", "[postgres]") {
    const std::string dsn = PostgresServer::shared().create_database();
    CHECK_THAT(refusal_of(dsn), Catch::Contains("migrat"));
}

TEST_CASE("import: whoever appends meanwhile waits, and then finds another store", "[postgres]") {
    const std::string dsn = migrated_database();
    const auto other = open_log(dsn);
    const Batch waiting = small_batch(*other, Shard(1), 9);
    auto import = std::make_unique<PostgresImport>(options_at(dsn).connect, identity());
    std::atomic<bool> is_done{false};
    AppendResult result;
    std::thread appender([&] {
        result = other->append_one(waiting);
        is_done = true;
    });
    const std::string blocked =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
        "wait_event_type = 'Lock'";
    while (sql(dsn, blocked) == "0") std::this_thread::yield();
    CHECK_FALSE(is_done);
    SECTION("which was finished") {
        import->append(moved_batch(*import));
        import->finish();
        appender.join();
        CHECK(result.outcome == BatchOutcome::kFenced);
        CHECK(open_log(dsn)->head(Shard(1)).position == Position(1));
    }
    SECTION("or the one that was there, where it was given up") {
        import->append(moved_batch(*import));
        import.reset();
        appender.join();
        CHECK(result.outcome == BatchOutcome::kAppended);
        CHECK(open_log(dsn)->info().store_id == other->info().store_id);
    }
    CHECK(walk(*open_log(dsn)).problem == "");
}

TEST_CASE("import: a session that the server ends leaves nothing", "[postgres]") {
    const std::string dsn = migrated_database();
    PostgresImport import(options_at(dsn).connect, identity());
    REQUIRE(import.append(moved_batch(import)).outcome == BatchOutcome::kAppended);
    sql(dsn,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
        "current_database() AND state = 'idle in transaction'");
    CHECK_THROWS_AS(import.finish(), LostAnswer);
    CHECK(sql(dsn, "SELECT count(*) FROM skein.events") == "0");
    CHECK(sql(dsn, "SELECT count(*) FROM skein.store") == "0");
    PostgresImport again(options_at(dsn).connect, identity());
    again.append(moved_batch(again));
    again.finish();
    CHECK(walk(*open_log(dsn)).events == 1);
}

}  // namespace skein::log::test
