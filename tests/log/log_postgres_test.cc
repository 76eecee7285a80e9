// What the Postgres log promises beyond the contract of all logs: migrations, append-only tables,
// one round trip, and the truth after a lost answer.
//
// Each case has a database of its own on a server of this binary's own.
#include <libpq-fe.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "engine/base/fault.h"
#include "engine/log/postgres/migrator.h"
#include "engine/log/postgres/pg_pool.h"
#include "engine/log/postgres/postgres_log.h"

#include "tests/contract/log_batches.h"
#include "tests/log/postgres_log_at.h"
#include "tests/servers/postgres_proxy.h"
#include "tests/servers/postgres_server.h"

namespace skein::log::test {

namespace {

using skein::test::Cut;
using skein::test::CutMoment;
using skein::test::PostgresProxy;
using skein::test::PostgresServer;

constexpr std::uint32_t kShards = kPostgresShards;

// A database with the tables of the log.
std::string migrated_database() {
    const std::string dsn = PostgresServer::shared().create_database();
    Migrator(options_at(dsn).connect).up();
    return dsn;
}

// What one statement answers: its SQLSTATE ("" where it succeeded) and its first value.
struct Answer {
    std::string state;
    std::string value;
};
Answer sql(const std::string& dsn, const std::string& text) {
    PGconn* const connection = PQconnectdb(dsn.c_str());
    PGresult* const result = PQexec(connection, text.c_str());
    Answer answer;
    const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state != nullptr) answer.state = state;
    if (PQstatus(connection) != CONNECTION_OK) answer.state = "08000";
    if (PQntuples(result) > 0) answer.value = PQgetvalue(result, 0, 0);
    PQclear(result);
    PQfinish(connection);
    return answer;
}

std::string message_of(const std::function<void()>& action, FaultKind kind) {
    try {
        action();
    } catch (const Fault& fault) {
        CHECK(fault.kind() == kind);
        CHECK_FALSE(fault.remedy().empty());
        return fault.what();
    }
    return "no fault";
}

Batch batch_of_many(const EventLog& log, Shard shard, std::uint64_t first_command, int commands) {
    const Scope scope = scope_in(log, shard);
    BatchBuilder batch(log, shard);
    for (int i = 0; i < commands; ++i) {
        batch.command(scope, uuid_of(first_command + static_cast<std::uint64_t>(i)));
        batch.event(run_in(scope, i % 7));
    }
    return batch.batch();
}

}  // namespace

TEST_CASE("postgres: migrations are applied once, in order, and remembered", "[postgres]") {
    const std::string dsn = PostgresServer::shared().create_database();
    const Migrator migrator(options_at(dsn).connect);
    const std::size_t count = built_in_migrations().size();
    CHECK(migrator.status().size() == count);
    CHECK(migrator.status().front().state == MigrationState::kPending);
    CHECK(migrator.pending().size() == count);  // a dry run
    CHECK(sql(dsn, "SELECT to_regnamespace('skein')").value.empty());
    CHECK_THROWS_WITH(open_log(dsn), Catch::Contains("0001_log is missing"));
    CHECK(migrator.up().size() == count);
    CHECK(migrator.up().empty());
    CHECK(migrator.pending().empty());
    for (const MigrationStatus& status : migrator.status()) {
        CHECK(status.state == MigrationState::kApplied);
        CHECK(status.checksum.size() == 64);
        CHECK(status.applied_at.ends_with("Z"));
    }
    CHECK(open_log(dsn)->shard_count() == kShards);
}

TEST_CASE("postgres: many migrators at once apply each file once", "[postgres]") {
    const std::string dsn = PostgresServer::shared().create_database();
    std::atomic<std::size_t> applied{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] { applied += Migrator(options_at(dsn).connect).up().size(); });
    for (std::thread& thread : threads) thread.join();
    CHECK(applied == built_in_migrations().size());
}

TEST_CASE("postgres: edited, unknown and newer migrations are refused and change nothing",
          "[postgres]") {
    const std::string dsn = PostgresServer::shared().create_database();
    const PgConnectOptions connect = options_at(dsn).connect;
    const std::vector<Migration> first = {{1, "0001_a", "CREATE TABLE skein.a (n int);"},
                                          {3, "0003_c", "CREATE TABLE skein.c (n int);"}};
    REQUIRE(Migrator(connect, first).up().size() == 2);
    const auto refusal = [&](const std::vector<Migration>& known) {
        return message_of([&] { Migrator(connect, known).up(); }, FaultKind::kConfig);
    };
    const Migration last = {4, "0004_d", "CREATE TABLE skein.d (n int);"};
    CHECK_THAT(refusal({{1, "0001_a", "CREATE TABLE skein.a (m int);"}, first[1], last}),
               Catch::Contains("migration 1 (0001_a) was applied with other content"));
    CHECK_THAT(refusal({first[0]}), Catch::Contains("the database is newer than this program"));
    CHECK_THAT(refusal({first[0], last}),
               Catch::Contains("has migration 3 (0003_c), which this program does not know"));
    CHECK_THAT(refusal({first[0], {2, "0002_b", "SELECT 1"}, first[1], last}),
               Catch::Contains("migration 3 (0003_c) is applied, one before it is not"));
    CHECK(sql(dsn, "SELECT to_regclass('skein.d')").value.empty());
    CHECK(sql(dsn, "SELECT count(*) FROM skein.schema_migrations").value == "2");
    CHECK_THROWS_AS(open_log(dsn), Fault);
}

TEST_CASE("postgres: a migration that fails leaves nothing of itself", "[postgres]") {
    const std::string dsn = PostgresServer::shared().create_database();
    const std::vector<Migration> files = {
        {1, "0001_a", "CREATE TABLE skein.a (n int);"},
        {2, "0002_b", "CREATE TABLE skein.b (n int); SELECT 1 / 0;"}};
    CHECK_THROWS_AS(Migrator(options_at(dsn).connect, files).up(), Fault);
    CHECK(Migrator(options_at(dsn).connect, files).pending().size() == 1);
    CHECK(sql(dsn, "SELECT to_regclass('skein.b')").value.empty());
}

TEST_CASE("postgres: every table, column and function is described", "[postgres]") {
    const std::string dsn = migrated_database();
    CHECK(sql(dsn,
              "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
              "WHERE nspname = 'skein' AND relkind IN ('r', 'p')")
              .value == "9");
    CHECK(sql(dsn,
              "SELECT string_agg(format('%s.%s', relname, attname), ' ') "
              "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
              "JOIN pg_attribute a ON attrelid = c.oid AND attnum >= 0 AND NOT attisdropped "
              "WHERE nspname = 'skein' AND relkind IN ('r', 'p') "
              "AND col_description(c.oid, attnum) IS NULL")
              .value == "");
    CHECK(sql(dsn,
              "SELECT string_agg(proname, ' ') FROM pg_proc p JOIN pg_namespace n "
              "ON n.oid = pronamespace WHERE nspname = 'skein' "
              "AND obj_description(p.oid, 'pg_proc') IS NULL")
              .value == "");
    CHECK(sql(dsn, "SHOW data_checksums").value == "on");
}

TEST_CASE(
    "postgres: events and receipts cannot be changed, by the owner or by the role of programs",
    "[postgres]") {
    const std::string dsn = migrated_database();
    const auto log = open_log(dsn);
    REQUIRE(log->append_one(small_batch(*log, Shard(0), 1)).outcome == BatchOutcome::kAppended);
    sql(dsn, "CREATE ROLE skein_test_login LOGIN");  // roles belong to the server: it may be there
    REQUIRE(sql(dsn, "GRANT skein_app TO skein_test_login").state.empty());
    const std::string refused = "42501";
    for (const std::string& login : {std::string("postgres"), std::string("skein_test_login")}) {
        const std::string as = dsn + " user=" + login;
        for (const char* const table : {"events", "receipts"}) {
            const std::string name = std::string("skein.") + table;
            CAPTURE(login, table);
            CHECK(sql(as, "DELETE FROM " + name).state == refused);
            CHECK(sql(as, "TRUNCATE " + name).state == refused);
        }
        CHECK(sql(as, "UPDATE skein.events SET bytes = ''").state == refused);
        CHECK(sql(as, "UPDATE skein.receipts SET event_count = 2").state == refused);
        CHECK(sql(as, "TRUNCATE skein.store").state == refused);
        CHECK(sql(as, "UPDATE skein.store SET secret = repeat('x', 32)::bytea").state == refused);
    }
    const std::string program = dsn + " user=skein_test_login";
    CHECK(sql(program, "INSERT INTO skein.events VALUES (0, 9, 9, 's', '', '')").state == refused);
    CHECK(sql(program, "UPDATE skein.shard_heads SET position = 0").state == refused);
    CHECK(sql(program, "DROP TABLE skein.events").state == refused);
    CHECK(sql(program, "ALTER TABLE skein.events DISABLE TRIGGER ALL").state == refused);
    // And yet it can do all that a program does.
    const auto same = open_log(program);
    same->take_over(Shard(0));
    CHECK(same->append_one(small_batch(*same, Shard(0), 2)).outcome == BatchOutcome::kAppended);
    same->put_snapshot(Stream("swarm/s1"), Version(1), "state");
    CHECK(same->find_snapshot(Stream("swarm/s1"), Version(1))->bytes == "state");
    CHECK(walk(*same).events == 2);
    CHECK(walk(*same).problem == "");
}

TEST_CASE("postgres: snapshots stand in the partition of their month", "[postgres]") {
    const std::string dsn = migrated_database();
    const auto log = open_log(dsn);
    log->put_snapshot(Stream("swarm/s1"), Version(1), "one");
    log->put_snapshot(Stream("swarm/s1"), Version(1), "again");
    CHECK(log->find_snapshot(Stream("swarm/s1"), Version(5))->bytes == "again");
    CHECK(sql(dsn, "SELECT count(*) FROM skein.snapshots").value == "1");
    CHECK(sql(dsn,
              "SELECT tableoid::regclass = to_regclass('skein.snapshots_' || "
              "to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')) FROM skein.snapshots")
              .value == "t");
}

TEST_CASE("postgres: connections are encrypted as sslmode says, or refused [V-95]", "[postgres]") {
    const PostgresServer server(skein::test::PostgresTransport::kTls);
    const std::string dsn = server.port_dsn("postgres");
    const auto is_encrypted = [](const PgConnectOptions& connect) {
        PgConnection connection(connect);
        return connection
            .run_text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", "looking")
            .front()[0]
            .as<bool>();
    };
    CHECK(is_encrypted({dsn + " sslmode=require"}));
    CHECK(is_encrypted({.dsn = dsn, .sslmode = "require"}));
    const std::string trusting = dsn + " sslrootcert=" + server.certificate();
    CHECK(is_encrypted({.dsn = trusting, .sslmode = "verify-full"}));
    const auto refusal = [&](const PgConnectOptions& connect, FaultKind kind) {
        return message_of([&] { is_encrypted(connect); }, kind);
    };
    CHECK_THAT(refusal({dsn + " sslmode=disable"}, FaultKind::kConfig),
               Catch::Contains("no encryption"));
    CHECK_THAT(refusal({.dsn = dsn + " sslmode=disable", .sslmode = "require"}, FaultKind::kConfig),
               Catch::Contains("no encryption"));
    CHECK_THAT(
        refusal({dsn + " sslmode=verify-full sslrootcert=/nowhere"}, FaultKind::kUnavailable),
        Catch::Contains("/nowhere"));
    CHECK_THAT(refusal({.dsn = trusting + " host=127.0.0.1", .sslmode = "verify-full"},
                       FaultKind::kUnavailable),
               Catch::Contains("does not match host name"));
    CHECK_THAT(refusal({.dsn = dsn, .sslmode = "always"}, FaultKind::kConfig),
               Catch::Contains("sslmode is \"always\""));
}

TEST_CASE("postgres: a connection that is refused for good is told from one that may come [V-95]",
          "[postgres]") {
    const PostgresServer& server = PostgresServer::shared();
    const auto refusal = [](const std::string& dsn, FaultKind kind) {
        return message_of([&] { PgConnection connection(PgConnectOptions{.dsn = dsn}); }, kind);
    };
    CHECK_THAT(refusal(server.dsn("nothing"), FaultKind::kConfig),
               Catch::Contains("does not exist"));
    CHECK_THAT(refusal(server.dsn("postgres") + " user=nobody", FaultKind::kConfig),
               Catch::Contains("nobody"));
    CHECK_THAT(refusal("host=127.0.0.1 port=1 dbname=postgres", FaultKind::kUnavailable),
               Catch::Contains("refused"));
    // What an address holds is not told where it cannot be read: it may be a part of a password.
    for (const char* const address :
         {"postgresql://me:se%cret@localhost/skein", "host=localhost password=se'cret x",
          "postgresql://me:se@cret@localhost/skein", "postgresql://me:se/cret@localhost/skein"}) {
        CAPTURE(address);
        const std::string said = refusal(address, FaultKind::kConfig);
        CHECK_THAT(said, !Catch::Contains("cret"));
    }
}

TEST_CASE("postgres: an append is one round trip, whatever it holds", "[postgres]") {
    const std::string dsn = migrated_database();
    PostgresProxy proxy(PostgresServer::shared().socket_path());
    const auto direct = open_log(dsn);
    const auto log = open_log(proxy.through(dsn));
    CHECK(proxy.round_trips_of("append") == 1);  // prepared when the connection was opened
    // The connection that tells other nodes speaks on its own, so its flights are taken off.
    const auto trips = [&](const std::function<void()>& action) {
        const std::uint64_t before =
            proxy.round_trips() - proxy.round_trips_of("notify") - proxy.round_trips_of("heads");
        action();
        return proxy.round_trips() - proxy.round_trips_of("notify") -
               proxy.round_trips_of("heads") - before;
    };
    // Until the connection that listens is open, its own statements would be counted.
    REQUIRE(log->append_one(small_batch(*direct, Shard(0), 1)).outcome == BatchOutcome::kAppended);
    REQUIRE(log->wait_for_growth(std::vector<Position>(kShards), std::chrono::hours(1)));
    direct->append_one(small_batch(*direct, Shard(1), 1));
    REQUIRE(log->wait_for_growth({Position(9), Position(0)}, std::chrono::hours(1)));

    std::vector<Batch> batches;
    for (std::uint32_t s = 0; s < kShards; ++s)
        batches.push_back(batch_of_many(*direct, Shard(s), 1000 * (s + 1), 300));
    std::vector<AppendResult> results;
    CHECK(trips([&] { results = log->append(batches); }) == 1);
    for (const AppendResult& result : results) CHECK(result.outcome == BatchOutcome::kAppended);
    SECTION("all of it repeated") {
        CHECK(trips([&] { results = log->append(batches); }) == 1);
        for (const AppendResult& result : results) {
            CHECK(result.outcome == BatchOutcome::kRefused);
            for (const CommandVerdict& verdict : result.commands)
                REQUIRE(verdict.receipt.has_value());
        }
    }
    SECTION("one repeated, one fenced, one stale, one new") {
        std::vector<Batch> mixed = {batches[0], small_batch(*direct, Shard(1), 50),
                                    small_batch(*direct, Shard(2), 51),
                                    small_batch(*direct, Shard(3), 52)};
        mixed[1].epoch = Epoch(5);
        mixed[2].expected_head = Position(3);
        CHECK(trips([&] { results = log->append(mixed); }) == 1);
        CHECK(results[0].commands[0].verdict == Verdict::kDuplicate);
        CHECK(results[1].outcome == BatchOutcome::kFenced);
        CHECK(results[2].outcome == BatchOutcome::kStaleHead);
        CHECK(results[3].outcome == BatchOutcome::kAppended);
    }
    SECTION("one command with its one event: new, repeated, fenced") {
        Batch one = small_batch(*direct, Shard(3), 52);
        CHECK(trips([&] { results = {log->append_one(one)}; }) == 1);
        CHECK(results[0].outcome == BatchOutcome::kAppended);
        CHECK(trips([&] { results = {log->append_one(one)}; }) == 1);
        CHECK(results[0].commands[0].verdict == Verdict::kDuplicate);
        one = small_batch(*direct, Shard(3), 53);
        one.epoch = Epoch(5);
        CHECK(trips([&] { results = {log->append_one(one)}; }) == 1);
        CHECK(results[0].outcome == BatchOutcome::kFenced);
        // Prepared with the connection, the one before, and these.
        CHECK(proxy.round_trips_of("append_one") == 1 + 1 + 3);
    }
    CHECK(walk(*direct).problem == "");
}

TEST_CASE("postgres: 20 connections and 30 s by default, TLS as the address says [V-95]",
          "[postgres]") {
    const std::string dsn = migrated_database();
    CHECK(PostgresLogOptions().pool_size == 20);
    CHECK(PgConnectOptions().connect_timeout == std::chrono::seconds(30));
    CHECK_THAT(complete_dsn({"host=h", std::chrono::seconds(30)}),
               Catch::Contains("connect_timeout='30'"));
    CHECK_THAT(complete_dsn({"postgresql://h/d?connect_timeout=7&sslmode=verify-full"}),
               Catch::Contains("connect_timeout='7'") && Catch::Contains("sslmode='verify-full'"));
    CHECK_THAT(complete_dsn({.dsn = "host=h", .sslmode = "verify-full"}),
               Catch::Contains("sslmode='verify-full'"));
    CHECK_THAT(complete_dsn({.dsn = "host=h sslmode=require", .sslmode = "verify-full"}),
               Catch::Contains("sslmode='require'"));
    const std::string secret = "postgresql://u:p%27w@h:1/d";
    CHECK(place_of(secret) == "h:1/d");
    CHECK_THAT(complete_dsn({secret}), Catch::Contains("password='p\\'w'"));
    CHECK_THROWS_WITH(complete_dsn({"nonsense"}), Catch::Contains("cannot be read"));

    PgPool pool({dsn, std::chrono::seconds(0)}, 2);
    {
        const PgPool::Lease first = pool.take();
        const PgPool::Lease second = pool.take();
        CHECK_THAT(message_of([&] { pool.take(); }, FaultKind::kOverloaded),
                   Catch::Contains("all 2 connections"));
    }
    CHECK(pool.take()->is_fit());
    // The server of the tests has no certificate, so TLS that is demanded is refused, not left out.
    PostgresProxy proxy(PostgresServer::shared().socket_path());
    CHECK_THAT(message_of([&] { open_log(proxy.through(dsn) + " sslmode=require"); },
                          FaultKind::kUnavailable),
               Catch::Contains("SSL"));
}

TEST_CASE("postgres: a server that may lose what it acknowledged is refused", "[postgres]") {
    PostgresServer server;
    const std::string dsn = server.create_database();
    Migrator(options_at(dsn).connect).up();
    REQUIRE(sql(dsn, "ALTER SYSTEM SET synchronous_commit = off").state.empty());
    REQUIRE(sql(dsn, "SELECT pg_reload_conf()").state.empty());
    server.stop();
    server.start();
    PgConnection connection(options_at(dsn).connect);
    CHECK(connection.run_text("SHOW synchronous_commit", "a test").front()[0].as<std::string>() ==
          "on");
    REQUIRE(sql(dsn, "ALTER SYSTEM SET fsync = off").state.empty());
    server.stop();
    server.start();
    CHECK_THAT(message_of([&] { open_log(dsn); }, FaultKind::kConfig),
               Catch::Contains("fsync = off"));
}

TEST_CASE("postgres: few rows and many are judged alike [V-39]", "[postgres]") {
    const std::string dsn = migrated_database();
    const auto log = open_log(dsn);
    const int commands = GENERATE(1, 8, 9, 40);  // the function writes up to eight one by one
    CAPTURE(commands);
    const Scope scope = scope_in(*log, Shard(1));
    const Batch first = batch_of_many(*log, Shard(1), 1, commands);
    REQUIRE(log->append_one(first).outcome == BatchOutcome::kAppended);
    const auto last = static_cast<std::size_t>(commands) - 1;

    Batch conflicting = batch_of_many(*log, Shard(1), 1000, commands);
    conflicting.events[last].version = Version(77);
    const AppendResult conflict = log->append_one(conflicting);
    CHECK(conflict.outcome == BatchOutcome::kRefused);
    CHECK(conflict.commands[last].verdict == Verdict::kConflict);

    Batch foreign = batch_of_many(*log, Shard(1), 1000, commands);
    foreign.events[last].stream = run_in(scope, 900);  // of which nothing stands
    foreign.events[last].version = Version(5);
    const AppendResult unknown = log->append_one(foreign);
    CHECK(unknown.commands[last].verdict == Verdict::kConflict);
    CHECK(unknown.commands[last].actual == Version(0));

    Batch repeating = batch_of_many(*log, Shard(1), 1000, commands);
    repeating.commands[last] = first.commands[last];
    const AppendResult repeated = log->append_one(repeating);
    CHECK(repeated.outcome == BatchOutcome::kRefused);
    CHECK(repeated.commands[last].verdict == Verdict::kDuplicate);
    CHECK(repeated.commands[last].receipt->first == Position(last + 1));

    Batch stale = batch_of_many(*log, Shard(1), 1000, commands);
    stale.expected_head = Position(0);
    CHECK(log->append_one(stale).outcome == BatchOutcome::kStaleHead);
    stale.epoch = Epoch(3);
    CHECK(log->append_one(stale).outcome == BatchOutcome::kFenced);
    CHECK(log->append_one(batch_of_many(*log, Shard(1), 1000, commands)).outcome ==
          BatchOutcome::kAppended);
    CHECK(walk(*log).events == 2 * static_cast<std::uint64_t>(commands));
    CHECK(walk(*log).problem == "");
}

TEST_CASE("postgres: commands without events leave receipts, and the head where it is",
          "[postgres]") {
    const std::string dsn = migrated_database();
    const auto log = open_log(dsn);
    const Scope scope = scope_in(*log, Shard(2));
    REQUIRE(log->append_one(small_batch(*log, Shard(2), 1)).outcome == BatchOutcome::kAppended);
    const Head before = log->head(Shard(2));
    const int commands = GENERATE(1, 20);
    BatchBuilder batch(*log, Shard(2));
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(commands); ++i)
        batch.command(scope, uuid_of(100 + i));
    const AppendResult result = log->append_one(batch.batch());
    CHECK(result.outcome == BatchOutcome::kAppended);
    CHECK(result.head.position == before.position);
    CHECK(result.head.hash == before.hash);
    CHECK(log->head(Shard(2)).hash == before.hash);
    CHECK(log->find_receipt(scope, uuid_of(100))->event_count == 0);
    CHECK(log->append_one(batch.batch()).commands[0].verdict == Verdict::kDuplicate);
}

TEST_CASE("postgres: events of 4 MiB and long scans come back whole, in bounded pages [V-170]",
          "[postgres]") {
    const std::string dsn = migrated_database();
    const auto log = open_log(dsn);
    const Scope scope = scope_in(*log, Shard(0));
    std::vector<std::string> given;
    for (std::uint64_t i = 0; i < 3; ++i) {
        std::string payload(4U << 20, '\0');
        SeededRandom random(i);
        for (char& c : payload) c = static_cast<char>(random.next());
        const Batch batch = BatchBuilder(*log, Shard(0))
                                .command(scope, uuid_of(i))
                                .event(run_in(scope, 0), payload)
                                .batch();
        REQUIRE(log->append_one(batch).outcome == BatchOutcome::kAppended);
        given.push_back(batch.events[0].bytes);
    }
    for (std::uint64_t i = 0; i < 5; ++i) {  // 4,500 small ones: more than two pages
        const Batch batch = batch_of_many(*log, Shard(0), 10'000 * (i + 1), 900);
        REQUIRE(log->append_one(batch).outcome == BatchOutcome::kAppended);
        for (const BatchEvent& event : batch.events) given.push_back(event.bytes);
    }
    std::size_t at = 0;
    std::size_t wrong = 0;
    const auto check = [&](const EventView& event) {
        wrong += event.bytes == given[at++] ? 0U : 1U;
        return true;
    };
    CHECK(log->scan(Shard(0), Position(0), check) == given.size());
    CHECK(at == given.size());
    CHECK(wrong == 0);
    std::uint64_t versions = 0;
    log->scan_stream(run_in(scope, 0), Version(0), [&](const EventView&) {
        ++versions;
        return true;
    });
    CHECK(versions == log->stream_head(run_in(scope, 0)).value());
    CHECK(versions > 3);
}

TEST_CASE("postgres: reads go by an index in its order, though nothing was ever analysed",
          "[postgres]") {
    const std::string dsn = migrated_database();
    const auto log = open_log(dsn);
    REQUIRE(log->append_one(batch_of_many(*log, Shard(0), 1, 500)).outcome ==
            BatchOutcome::kAppended);
    PgConnection connection(options_at(dsn).connect);
    const auto plan = [&](const statements::Statement& statement, const std::string& parameters) {
        connection.raw().prepare_now(statement.name);
        std::string lines;
        for (const pqxx::row& row : connection.run_text(
                 std::string("EXPLAIN EXECUTE ") + statement.name + parameters, "a test"))
            lines += row[0].as<std::string>() + "\n";
        return lines;
    };
    const std::string id = "'00000000-0000-0000-0000-000000000001'";
    const std::vector<std::string> plans = {
        plan(statements::kScan, "(0, 100, 500)"),
        plan(statements::kScanStream, "('swarm/s1', 0, 100)"),
        plan(statements::kRead, "(0, 7)"),
        plan(statements::kStreamHead, "('swarm/s1')"),
        plan(statements::kPositionOf, "('swarm/s1', 3)"),
        plan(statements::kReceipt, "('swarm/s1', " + id + ")"),
        plan(statements::kStreams, "('swarm/s1', '', 'swarm/s2')"),
    };
    for (const std::string& found : plans) {
        CHECK_THAT(found, Catch::Contains("Index"));
        CHECK_THAT(found, !Catch::Contains("Seq Scan") && !Catch::Contains("Sort") &&
                              !Catch::Contains("Bitmap"));
    }
}

TEST_CASE("postgres: what is missing or damaged in the tables is named, never passed over",
          "[postgres]") {
    const std::string dsn = migrated_database();
    const auto log = open_log(dsn);
    REQUIRE(log->append_one(batch_of_many(*log, Shard(0), 1, 20)).outcome ==
            BatchOutcome::kAppended);
    REQUIRE(sql(dsn,
                "ALTER TABLE skein.events DISABLE TRIGGER ALL; DELETE FROM skein.events WHERE "
                "position = 11 AND shard = 0; UPDATE skein.events SET hash = 'short' "
                "WHERE position = 15")
                .state.empty());
    std::uint64_t visited = 0;
    const auto count = [&](const EventView&) { return ++visited > 0; };
    CHECK_THAT(message_of([&] { log->scan(Shard(0), Position(0), count); }, FaultKind::kCorruption),
               Catch::Contains("position 11 of shard 0 is missing"));
    CHECK(visited == 10);
    CHECK_THAT(message_of([&] { log->read(Shard(0), Position(11)); }, FaultKind::kCorruption),
               Catch::Contains("position 11 of shard 0 is missing"));
    CHECK_THAT(message_of([&] { log->read(Shard(0), Position(15)); }, FaultKind::kCorruption),
               Catch::Contains("not of its form"));
    const Stream stream = run_in(scope_in(*log, Shard(0)), 10 % 7);
    CHECK_THAT(
        message_of([&] { log->scan_stream(stream, Version(0), count); }, FaultKind::kCorruption),
        Catch::Contains("@2 is missing"));
}

TEST_CASE("postgres: an owner of before writes nothing from the moment of the takeover",
          "[postgres]") {
    const std::string dsn = migrated_database();
    const auto zombie = open_log(dsn);
    const auto owner = open_log(dsn);
    zombie->take_over(Shard(2));
    REQUIRE(zombie->append_one(small_batch(*zombie, Shard(2), 1)).outcome ==
            BatchOutcome::kAppended);
    for (std::uint64_t i = 0; i < 20; ++i) {
        const Batch late = small_batch(*zombie, Shard(2), 100 + i);
        const Epoch epoch = owner->take_over(Shard(2));
        CHECK(zombie->append_one(late).outcome == BatchOutcome::kFenced);
        CHECK(owner->head(Shard(2)).epoch == epoch);
        CHECK(owner->append_one(small_batch(*owner, Shard(2), 200 + i)).outcome ==
              BatchOutcome::kAppended);
    }
    CHECK(walk(*owner).events == 21);
    CHECK(walk(*owner).problem == "");
}

TEST_CASE("postgres: an append and a repetition of it at once: one is written", "[postgres]") {
    const std::string dsn = migrated_database();
    const auto log = open_log(dsn);
    for (std::uint64_t i = 0; i < 30; ++i) {
        const Batch batch = batch_of_many(*log, Shard(1), 100 * i, 10);
        std::array<AppendResult, 3> results;
        std::vector<std::thread> threads;
        for (AppendResult& result : results)
            threads.emplace_back([&] { result = log->append_one(batch); });
        for (std::thread& thread : threads) thread.join();
        int appended = 0;
        for (const AppendResult& result : results) {
            appended += result.outcome == BatchOutcome::kAppended ? 1 : 0;
            for (const CommandVerdict& verdict : result.commands)
                REQUIRE(verdict.receipt->first > batch.expected_head);
        }
        CHECK(appended == 1);
    }
    CHECK(walk(*log).events == 300);
    CHECK(walk(*log).problem == "");
}

TEST_CASE("postgres: growth by another node wakes those who wait", "[postgres]") {
    const std::string dsn = migrated_database();
    const auto here = open_log(dsn);
    PostgresLogOptions options = options_at(dsn);
    options.poll_interval = std::chrono::hours(1);  // so that a notification alone can wake it
    SeededRandom random(3);
    const auto there = PostgresLog::open(options, random);
    std::vector<Position> known(kShards);
    for (std::uint64_t i = 1; i <= 200; ++i) {
        std::thread appender([&] { here->append_one(small_batch(*here, Shard(3), i)); });
        CHECK(there->wait_for_growth(known, std::chrono::hours(1)));
        appender.join();
        known[3] = Position(i);
    }
}

}  // namespace skein::log::test
