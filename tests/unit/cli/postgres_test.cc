// The command line on Postgres: migrations.
//
// Each case has a database of its own on a server of this binary's own.
#include <libpq-fe.h>
#include <stdlib.h>

#include <catch2/catch.hpp>

#include "engine/log/postgres/migrator.h"
#include "tools/cli/postgres_options.h"

#include "tests/servers/postgres_server.h"
#include "tests/unit/cli/terminal.h"

namespace skein::test {

namespace {

void sql(const std::string& dsn, const std::string& text) {
    PGconn* const connection = PQconnectdb(dsn.c_str());
    PGresult* const result = PQexec(connection, text.c_str());
    INFO(text << ": " << PQerrorMessage(connection));
    const ExecStatusType status = PQresultStatus(result);
    CHECK((status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK));
    PQclear(result);
    PQfinish(connection);
}

std::size_t size_at(const json::Value& document, const char* name) {
    return document.find(name)->elements().size();
}

// One variable of the environment, for as long as this lives.
class Environment {
 public:
    Environment(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
    ~Environment() { ::unsetenv(name_); }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

 private:
    const char* name_;
};

}  // namespace

TEST_CASE("migrate: says what it would do, does it once, and makes the store", "[cli][postgres]") {
    const std::string dsn = PostgresServer::shared().create_database();
    const std::size_t count = log::built_in_migrations().size();
    Terminal terminal;
    const Typed before = terminal.type({"--pg", dsn, "migrate", "status"});
    CHECK(before.exit == 1);
    CHECK_THAT(before.out, Catch::Contains("0001_log"));
    CHECK_THAT(before.out, Catch::Contains("pending"));
    const json::Value dry = terminal.json({"--pg", dsn, "migrate", "--dry-run"});
    CHECK(size_at(dry, "pending") == count);
    CHECK(size_at(dry, "applied") == 0);
    CHECK(dry.find("store")->is_null());
    CHECK(terminal.type({"--pg", dsn, "migrate", "status"}).exit == 1);

    const json::Value done = terminal.json({"--pg", dsn, "migrate", "--shards", "4"});
    CHECK(size_at(done, "applied") == count);
    CHECK(done.find("store")->find("shards")->text() == "4");
    const json::Value again = terminal.json({"--pg", dsn, "migrate", "up"});
    CHECK(size_at(again, "applied") == 0);
    CHECK(*again.find("store") == *done.find("store"));
    CHECK(terminal.type({"--pg", dsn, "migrate", "status"}).exit == 0);
    const json::Value status = terminal.json({"--pg", dsn, "migrate", "status"});
    CHECK(status.find("current")->text() == "true");
    CHECK(size_at(status, "migrations") == count);
}

TEST_CASE("migrate: edited, unknown and newer files are refused by name", "[cli][postgres]") {
    const std::string dsn = PostgresServer::shared().create_database();
    Terminal terminal;
    REQUIRE(terminal.type({"--pg", dsn, "migrate"}).exit == 0);
    const std::string table = "skein.schema_migrations";
    const auto refusal = [&](const std::string& change, const std::string& back) {
        sql(dsn, change);
        const Typed dry = terminal.type({"--pg", dsn, "migrate", "--dry-run"});
        const Typed up = terminal.type({"--pg", dsn, "migrate"});
        CHECK(dry.exit == 2);
        CHECK(up.exit == 2);
        CHECK(up.out.empty());
        CHECK(up.err == dry.err);
        CHECK(terminal.type({"--pg", dsn, "migrate", "status"}).exit == 1);
        sql(dsn, back);
        return up.err;
    };
    CHECK_THAT(refusal("UPDATE " + table + " SET checksum = 'x' || checksum WHERE number = 2",
                       "UPDATE " + table + " SET checksum = substr(checksum, 2) WHERE number = 2"),
               Catch::Contains("migration 2 (0002_append) was applied with other content"));
    CHECK_THAT(refusal("INSERT INTO " + table + " VALUES (9999, '9999_later', 'x')",
                       "DELETE FROM " + table + " WHERE number = 9999"),
               Catch::Contains("the database is newer than this program"));
    CHECK_THAT(refusal("UPDATE " + table + " SET name = '0001_other' WHERE number = 1",
                       "UPDATE " + table + " SET name = '0001_log' WHERE number = 1"),
               Catch::Contains("migration 1 (0001_log) was applied with other content"));
    CHECK(terminal.type({"--pg", dsn, "migrate"}).exit == 0);
}

TEST_CASE("migrate: without a server or a database it says what to do", "[cli][postgres]") {
    Terminal terminal;
    const Typed none = terminal.type({"migrate"});
    CHECK(none.exit == 2);
    CHECK_THAT(none.err, Catch::Contains("--pg postgresql://"));
    const Typed away = terminal.type({"--pg", "host=127.0.0.1 port=1 dbname=x", "migrate"});
    CHECK(away.exit == 5);
    CHECK_THAT(away.err, Catch::Contains("cannot be reached"));
    const Typed odd = terminal.type({"--pg", "http://x", "migrate"});
    CHECK(odd.exit == 2);
    CHECK_THAT(odd.err, Catch::Contains("postgresql://user@host"));
}

TEST_CASE("postgres options: pool, timeout and sslmode come from the environment [V-95]",
          "[cli][postgres]") {
    const log::PostgresLogOptions usual = cli::postgres_options("dbname=x");
    CHECK(usual.pool_size == 20);
    CHECK(usual.connect.connect_timeout == std::chrono::seconds(30));
    CHECK(usual.connect.sslmode.empty());
    {
        const Environment pool("SKEIN_POSTGRES__POOL_SIZE", "7");
        const Environment timeout("SKEIN_POSTGRES__CONNECT_TIMEOUT", "2m");
        const Environment mode("SKEIN_POSTGRES__SSLMODE", "verify-full");
        const log::PostgresLogOptions set = cli::postgres_options("dbname=x");
        CHECK(set.pool_size == 7);
        CHECK(set.connect.connect_timeout == std::chrono::minutes(2));
        CHECK(set.connect.sslmode == "verify-full");
    }
    for (const char* const wrong : {"0", "-1", "many", "7x", "", "1001"}) {
        const Environment pool("SKEIN_POSTGRES__POOL_SIZE", wrong);
        CHECK_THROWS_WITH(cli::postgres_options(""), Catch::Contains("SKEIN_POSTGRES__POOL_SIZE"));
    }
    for (const char* const wrong : {"30", "0s", "999ms", "2h", "s", ""}) {
        const Environment timeout("SKEIN_POSTGRES__CONNECT_TIMEOUT", wrong);
        CHECK_THROWS_WITH(cli::postgres_options(""),
                          Catch::Contains("SKEIN_POSTGRES__CONNECT_TIMEOUT"));
    }
}

}  // namespace skein::test
