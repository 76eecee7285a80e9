// What `verify` says of a damaged log: exit 1, and for each failure a whole POINT.
#include <fmt/format.h>
#include <rocksdb/db.h>

#include <catch2/catch.hpp>

#include "engine/json/parse.h"
#include "engine/log/rocksdb/database_options.h"
#include "engine/log/rocksdb/key_kinds.h"
#include "tests/unit/cli/terminal.h"

using namespace skein;
using skein::test::Terminal;
using skein::test::Typed;

namespace {

constexpr int kEvents = 100;  // more than opening looks at

Stream write_run(Terminal& terminal) {
    std::string commands =
        "{\"type\":\"CreateSwarm\",\"swarm\":\"s1\"}\n"
        "{\"type\":\"StartRun\",\"swarm\":\"s1\",\"run\":\"r1\"}\n";
    for (int i = 0; i < kEvents; ++i)
        commands +=
            fmt::format(R"({{"type":"UpdateContext","swarm":"s1","run":"r1","data":{{"updates":)"
                        R"([{{"key":"n","op":"set","value":{}}}]}}}})"
                        "\n",
                        i);
    REQUIRE(terminal.type({"send", "-f", "-"}, commands).exit == 0);
    return Stream("swarm/s1/run/r1");
}

// Places in what is stored of an event: its hash, then its envelope.
std::size_t in_hash(const std::string& /*stored*/) { return 0; }
std::size_t at_envelope(const std::string& /*stored*/) { return 32; }
std::size_t in_type(const std::string& stored) { return stored.find("ContextUpdated"); }

// Changes one byte of what is stored of an event.
void damage(const Terminal& terminal, const Stream& stream, Position position,
            std::size_t (*place)(const std::string&)) {
    log::RocksLogOptions options;
    options.directory = terminal.path("store/log");
    const Shard shard = shard_of(scope_of(stream), 16);
    rocksdb::DB* opened = nullptr;
    REQUIRE(
        rocksdb::DB::Open(log::make_database_options(options), options.directory, &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    const std::string key = log::event_key(shard, position);
    std::string value;
    REQUIRE(database->Get(rocksdb::ReadOptions(), key, &value).ok());
    const std::size_t byte = place(value);
    REQUIRE(byte < value.size());
    value[byte] = static_cast<char>(value[byte] ^ 1);
    REQUIRE(database->Put(rocksdb::WriteOptions(), key, value).ok());
    REQUIRE(database->Close().ok());
}

json::Value first_failure(Terminal& terminal) {
    const Typed typed = terminal.type({"verify", "--all", "--json"});
    CHECK(typed.exit == 1);
    CHECK(typed.err.find("next:") != std::string::npos);
    const auto report = json::parse(typed.out);
    REQUIRE(report);
    CHECK(report->find("ok")->text() == "false");
    REQUIRE(report->find("failures")->count() > 0);
    return *report->find("failures")->at(0);
}

}  // namespace

TEST_CASE("verify: where a hash was changed, the failure names the whole point", "[unit][cli]") {
    Terminal terminal;
    const Stream stream = write_run(terminal);
    const json::Value event =
        *json::parse(terminal.type({"log", "run/r1@4", "-n", "1", "--json"}).out);
    damage(terminal, stream, Position(5), in_hash);
    const json::Value failure = first_failure(terminal);
    CHECK(failure.find("what")->as_string() == "chain");
    const json::Value where = *failure.find("where");
    CHECK(where.count() == 6);
    CHECK(where.find("stream")->as_string() == stream.str());
    CHECK(where.find("version")->text() == "4");
    CHECK(where.find("position")->text() == "5");
    CHECK(where.find("shard")->text() == event.find("shard")->text());
    CHECK(where.find("event_id")->text() == event.find("event_id")->text());
    CHECK(where.find("recorded_at")->text() == event.find("recorded_at")->text());
    const Typed text = terminal.type({"verify", "--all"});
    CHECK(text.out.find("chain at swarm/s1/run/r1 version 4") != std::string::npos);
}

TEST_CASE("verify: what an unreadable event does not tell is null", "[unit][cli]") {
    Terminal terminal;
    const Stream stream = write_run(terminal);
    damage(terminal, stream, Position(5), at_envelope);  // where the envelope begins
    const json::Value where = *first_failure(terminal).find("where");
    CHECK(where.count() == 6);
    CHECK(where.find("position")->text() == "5");
    CHECK(where.find("event_id")->is_null());
    CHECK(where.find("recorded_at")->is_null());
    CHECK(where.find("stream")->is_null());
    CHECK(where.find("version")->is_null());
}

TEST_CASE("replay: a view that a parked event holds up answers behind, with exit 9",
          "[unit][cli]") {
    Terminal terminal;
    const Stream stream = write_run(terminal);
    CHECK(terminal.type({"replay", "run/r1", "--from", "view", "--at", "50"}).exit == 0);
    damage(terminal, stream, Position(5), in_type);
    std::filesystem::remove_all(terminal.path("store/views"));
    const Typed behind = terminal.type({"replay", "run/r1", "--from", "view", "--at", "50"});
    CHECK(behind.exit == 9);
    CHECK(behind.out.empty());
    CHECK(behind.err.find("its version 4 is parked") != std::string::npos);
    CHECK(terminal.type({"replay", "run/r1", "--from", "view", "--at", "3"}).exit == 0);
}
