// A store whose log is in Postgres: the same answers, and several processes that write at once.
//
// Each case has a database of its own on a server of this binary's own; a second process is a
// second Store on it.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "engine/base/fault.h"
#include "engine/json/parse.h"
#include "engine/log/postgres/migrator.h"
#include "tools/library/store.h"

#include "tests/contract/temp_directory.h"
#include "tests/servers/postgres_proxy.h"
#include "tests/servers/postgres_server.h"

using namespace skein;
using skein::test::PostgresProxy;
using skein::test::PostgresServer;
using skein::test::TempDirectory;

namespace {

std::string migrated_database() {
    log::PgConnectOptions connect;
    connect.dsn = PostgresServer::shared().create_database();
    log::Migrator(connect).up();
    return connect.dsn;
}

class Places {
 public:
    explicit Places(std::string dsn) : dsn_(std::move(dsn)) {}

    StoreOptions options() const {
        StoreOptions options;
        options.directory = directory_.path();
        options.postgres.emplace();
        options.postgres->connect.dsn = dsn_;
        options.projecting = Projecting::kOnDemand;
        options.shard_count = 4;
        options.lease = std::chrono::milliseconds(1000);
        return options;
    }
    std::unique_ptr<Store> open() const { return Store::open(options()); }

 private:
    std::string dsn_;
    TempDirectory directory_;
};

std::string code_of(const Outcome& outcome) {
    if (outcome.kind == OutcomeKind::kAccepted)
        return outcome.is_duplicate ? "duplicate" : "accepted";
    return outcome.rejection ? std::string(outcome.rejection->code->name) : outcome.detail;
}

std::string append_note(int writer, int number) {
    return fmt::format(R"({{"type":"UpdateContext","swarm":"s1","run":"r1","data":{{"updates":)"
                       R"([{{"key":"notes","op":"append","value":"{}-{}"}}]}}}})",
                       writer, number);
}

std::string set_by(const std::string& command_id, int value) {
    return fmt::format(R"({{"type":"UpdateContext","command_id":"{}","swarm":"s1","run":"r1",)"
                       R"("data":{{"updates":[{{"key":"budget","op":"set","value":{}}}]}}}})",
                       command_id, value);
}

void begin_run(Store& store) {
    REQUIRE(code_of(store.submit(R"({"type":"CreateSwarm","swarm":"s1"})")) == "accepted");
    REQUIRE(code_of(store.submit(R"({"type":"StartRun","swarm":"s1","run":"r1"})")) == "accepted");
}

json::Value variable(Store& store, const std::string& name) {
    const auto reading = store.read("swarm/s1/run/r1");
    REQUIRE(reading);
    const auto value = reading->values().find("variables")->find(name);
    return value ? *value : json::Value();
}

std::uint64_t event_count(Store& store) {
    std::uint64_t count = 0;
    for (std::uint32_t shard = 0; shard < store.log().shard_count(); ++shard)
        count += store.log().head(Shard(shard)).position.value();
    return count;
}

}  // namespace

TEST_CASE("postgres store: commands, states of any time, and a second opening", "[postgres]") {
    const Places places(migrated_database());
    {
        const auto store = places.open();
        begin_run(*store);
        CHECK(code_of(store->submit(append_note(1, 1))) == "accepted");
        CHECK(variable(*store, "notes").text() == R"(["1-1"])");
    }
    const auto store = places.open();
    CHECK(code_of(store->submit(append_note(1, 2))) == "accepted");
    CHECK(variable(*store, "notes").text() == R"(["1-1","1-2"])");
    for (const ReadFrom from : {ReadFrom::kView, ReadFrom::kLog, ReadFrom::kSnapshot}) {
        const auto past = store->read("swarm/s1/run/r1@2", {from});
        REQUIRE(past);
        CHECK(past->values().find("variables")->text() == R"({"notes":["1-1"]})");
    }
    CHECK_THROWS_WITH(store->checkpoint("/tmp/never", {}), Catch::Contains("in Postgres"));
}

TEST_CASE("postgres store: two processes write the same run at once and nothing is lost",
          "[postgres]") {
    const Places places(migrated_database());
    begin_run(*places.open());
    constexpr int kCommands = 150;
    std::vector<std::thread> writers;
    std::vector<std::string> problems(2);
    for (int writer = 0; writer < 2; ++writer) {
        writers.emplace_back([&, writer] {
            const auto store = places.open();
            for (int i = 0; i < kCommands; ++i) {
                const std::string code = code_of(store->submit(append_note(writer, i)));
                if (code != "accepted") problems[static_cast<std::size_t>(writer)] += code + "; ";
            }
        });
    }
    for (std::thread& writer : writers) writer.join();
    CHECK(problems[0].empty());
    CHECK(problems[1].empty());
    const auto store = places.open();
    CHECK(event_count(*store) == 2 + 2 * kCommands);
    const std::vector<json::Value> notes = variable(*store, "notes").elements();
    std::set<std::string> seen;
    int next[2] = {0, 0};
    for (const json::Value& note : notes) {
        const std::string text = note.text();
        const int writer = text[1] - '0';
        CHECK(text == fmt::format("\"{}-{}\"", writer, next[writer]++));
        CHECK(seen.insert(text).second);
    }
    CHECK(seen.size() == 2 * kCommands);
}

TEST_CASE("postgres store: what another process wrote is seen by the next decision", "[postgres]") {
    const Places places(migrated_database());
    const auto one = places.open();
    const auto other = places.open();
    begin_run(*one);
    CHECK(code_of(other->submit(R"({"type":"CompleteRun","swarm":"s1","run":"r1"})")) ==
          "accepted");
    // Its own newest state is of before: a rejection and an acceptance both rest on what stands.
    CHECK(code_of(one->submit(append_note(1, 1))) == "run-already-finished");
    CHECK(code_of(one->submit(R"({"type":"StartRun","swarm":"s1","run":"r2"})")) == "accepted");
    CHECK(code_of(other->submit(R"({"type":"StartRun","swarm":"s1","run":"r2"})")) ==
          "already-exists");
    CHECK(code_of(other->submit(R"({"type":"CancelRun","swarm":"s1","run":"r2"})")) == "accepted");
    CHECK(code_of(one->submit(R"({"type":"CancelRun","swarm":"s1","run":"r2"})")) ==
          "run-already-finished");
}

TEST_CASE("postgres store: no rejection rests on what another process has changed since",
          "[postgres]") {
    const Places places(migrated_database());
    const auto one = places.open();
    const auto other = places.open();
    begin_run(*one);
    const auto send = [](Store& store, const char* type, const char* run) {
        return code_of(
            store.submit(fmt::format(R"({{"type":"{}","swarm":"s1","run":"{}"}})", type, run)));
    };
    const auto start_step = [](Store& store, const char* run, const char* step) {
        return code_of(store.submit(
            fmt::format(R"({{"type":"StartStep","swarm":"s1","run":"{}","data":{{"step":"{}"}}}})",
                        run, step)));
    };
    CHECK(send(*one, "StartRun", "r2") == "accepted");
    CHECK(send(*one, "PauseRun", "r1") == "accepted");
    CHECK(send(*one, "PauseRun", "r2") == "accepted");
    CHECK(start_step(*one, "r1", "a") != "accepted");
    CHECK(send(*other, "ResumeRun", "r1") == "accepted");
    CHECK(send(*other, "ResumeRun", "r2") == "accepted");
    // Nothing told it so far: the head that it knows is of before.
    CHECK(start_step(*one, "r1", "a") == "accepted");
    // Now it knows the head, and what it remembers of this run is of before.
    CHECK(start_step(*one, "r2", "a") == "accepted");
}

TEST_CASE("postgres store: a command repeated by another process has its first result",
          "[postgres]") {
    const Places places(migrated_database());
    const auto one = places.open();
    const auto other = places.open();
    begin_run(*one);
    const std::string id = "01900000-0000-7000-8000-000000000001";
    CHECK(code_of(one->submit(set_by(id, 1))) == "accepted");
    CHECK(code_of(other->submit(set_by(id, 1))) == "duplicate");
    CHECK(code_of(other->submit(set_by(id, 2))) == "command-id-reused");
    CHECK(code_of(one->submit(set_by(id, 1))) == "duplicate");
    const std::string last = R"({"type":"CompleteRun","swarm":"s1","run":"r1",)"
                             R"("command_id":"01900000-0000-7000-8000-000000000002"})";
    CHECK(code_of(one->submit(last)) == "accepted");
    CHECK(code_of(other->submit(last)) == "duplicate");
}

TEST_CASE("postgres store: a shard of a node is not written past it", "[postgres]") {
    const std::string dsn = migrated_database();
    const Places places(dsn);
    const auto store = places.open();
    begin_run(*store);
    store->close();
    const auto later = places.open();
    const Shard shard = log::shard_of(later->log(), Stream("swarm/s1"));
    // As a node would hold it.
    const std::string take = fmt::format(
        "psql -q -d \"{}\" -c \"SELECT skein.take_lease({}, 'node-1', '127.0.0.1:7534', 60000)\" "
        "> /dev/null",
        dsn, shard.value());
    REQUIRE(std::system(take.c_str()) == 0);
    const Outcome outcome = later->submit(append_note(1, 1));
    CHECK(code_of(outcome) == "read-only");
    REQUIRE(outcome.rejection);
    CHECK_THAT(outcome.rejection->message,
               Catch::Contains("node-1") && Catch::Contains("127.0.0.1:7534"));
    // Reading and being rejected for what is so go on.
    CHECK(variable(*later, "notes").is_null());
    CHECK(code_of(later->submit(R"({"type":"CreateSwarm","swarm":"s1"})")) == "already-exists");
}

TEST_CASE("postgres store: a command whose answer was lost ends with its true result",
          "[postgres]") {
    const std::string dsn = migrated_database();
    PostgresProxy proxy(PostgresServer::shared().socket_path());
    const Places places(proxy.through(dsn));
    const auto store = places.open();
    begin_run(*store);
    using skein::test::CutMoment;
    int number = 0;
    for (const CutMoment moment : {CutMoment::kRequest, CutMoment::kSent, CutMoment::kReply}) {
        for (int i = 0; i < 10; ++i) {
            proxy.cut_next("append_one", {moment, 7});
            const std::string code = code_of(store->submit(append_note(0, number++)));
            CHECK((code == "accepted" || code == "duplicate"));
            CHECK_FALSE(proxy.is_armed());
        }
    }
    const std::vector<json::Value> notes = variable(*store, "notes").elements();
    REQUIRE(notes.size() == static_cast<std::size_t>(number));
    for (int i = 0; i < number; ++i)
        CHECK(notes[static_cast<std::size_t>(i)].text() == fmt::format("\"0-{}\"", i));
}

TEST_CASE("postgres store: views of processes at once stand in places of their own", "[postgres]") {
    const Places places(migrated_database());
    const auto one = places.open();
    begin_run(*one);
    const auto other = places.open();
    CHECK(code_of(one->submit(append_note(1, 1))) == "accepted");
    CHECK(variable(*one, "notes").text() == variable(*other, "notes").text());
    StoreOptions options = places.options();
    options.mode = OpenMode::kMustExist;
    CHECK(variable(*Store::open(options), "notes").text() == R"(["1-1"])");
    // The same directory can hold an embedded store.
    options.postgres.reset();
    CHECK_THROWS_AS(Store::open(options), Fault);
    options.mode = OpenMode::kCreate;
    CHECK(event_count(*Store::open(options)) == 0);
}

TEST_CASE("postgres store: a base backup holds the store; views that are ahead of it are made anew",
          "[postgres]") {
    const std::string dsn = migrated_database();
    const TempDirectory directory;
    StoreOptions options = Places(dsn).options();
    options.directory = directory.path();
    const auto send = [](Store& store, const std::string& command) {
        REQUIRE(code_of(store.submit(command)) == "accepted");
    };
    std::unique_ptr<PostgresServer> copy;
    {
        const auto store = Store::open(options);
        send(*store, R"({"type":"CreateSwarm","swarm":"s1","data":{"goal":"before"}})");
        copy =
            std::make_unique<PostgresServer>(skein::test::BaseBackupOf{&PostgresServer::shared()});
        send(*store, R"({"type":"UpdateSwarm","swarm":"s1","data":{"goal":"behind"}})");
        store->views().catch_up();
        CHECK(event_count(*store) == 2);
    }
    options.postgres->connect.dsn = copy->dsn(dsn.substr(dsn.find("dbname=") + 7));
    const auto store = Store::open(options);
    CHECK_THAT(store->views().lost_events(), Catch::Contains("the log ends at 1"));
    CHECK(event_count(*store) == 1);
    const auto goal = [&] {
        return store->read("swarm/s1")->document().find("goal")->as_string().value_or("");
    };
    CHECK(goal() == "before");
    // It goes another way from here.
    send(*store, R"({"type":"UpdateSwarm","swarm":"s1","data":{"goal":"another"}})");
    store->views().catch_up();
    CHECK(goal() == "another");
    CHECK(store->views().verify(std::nullopt, [](std::uint64_t) {}).empty());
}
