// Commands on a real broker into a log in Postgres: which of them are taken, told, sent on or put
// aside, and what happens while servers go away and nodes take over from one another.
#include <catch2/catch.hpp>

#include "engine/base/fault.h"
#include "tests/bus/intake_store.h"
#include "tests/waiting/comes_true.h"

namespace skein::bus::test {

using skein::test::comes_true;
using skein::test::KafkaBroker;
using skein::test::PostgresServer;

namespace {

std::string swarm_in(Shard shard, int n = 0) {
    for (int k = 0;; ++k) {
        std::string name = "s" + std::to_string(k);
        if (shard_of(Scope("swarm/" + name), kIntakeShards) == shard && n-- == 0) return name;
    }
}
std::string command(const std::string& type, const std::string& swarm,
                    const std::string& more = {}) {
    return fmt::format(R"({{"type":"{}","swarm":"{}"{}}})", type, swarm, more);
}
std::string append(const std::string& swarm, int number) {
    return command("UpdateContext", swarm,
                   fmt::format(R"(,"run":"r","data":{{"updates":[{{"key":"list","op":"append",)"
                               R"("value":{}}}]}})",
                               number));
}
std::string list_of(std::uint64_t count) {
    return R"({"intermediate":{},"variables":{"list":)" + numbers_up_to(count) + "}}";
}
std::size_t told(const IntakeStore& store) {
    try {
        return results_of(*store.outcomes()).size();
    } catch (const Fault&) {
        return 0;  // the broker is away
    }
}

}  // namespace

TEST_CASE("intake: commands by any partition are taken once and told where they came from [V-117]",
          "[kafka]") {
    const IntakeStore store("any");
    const auto node = store.start("a");
    CommandWriter writer(store.kafka(), kIntakeShards);
    std::vector<std::string> swarms;
    for (std::uint32_t s = 0; s < kIntakeShards; ++s) swarms.push_back(swarm_in(Shard(s)));
    for (const std::string& swarm : swarms) {
        writer.put(Shard(0), command("CreateSwarm", swarm));
        writer.put(Shard(0), command("StartRun", swarm, R"(,"run":"r")"));
    }
    for (int i = 0; i < 20; ++i)
        for (const std::string& swarm : swarms) writer.put(Shard(0), append(swarm, i));
    REQUIRE(comes_true([&] { return told(store) == 4 * 22; }));
    for (const std::string& swarm : swarms)
        CHECK(store.values_of("swarm/" + swarm + "/run/r") == list_of(20));
    const auto results = results_of(*store.outcomes());
    for (std::uint64_t offset = 0; offset < 4 * 22; ++offset)
        CHECK(results.at(fmt::format("any.commands/0/{}", offset)) ==
              std::vector<std::string>{"accepted"});
    CHECK(comes_true([&] { return node->intake().counters().reproduced == 3 * 22; }));
}

TEST_CASE("intake: dead letters are as they came, null and empty kept apart [V-165]", "[kafka]") {
    const IntakeStore store("dead");
    const auto node = store.start("a");
    CommandWriter writer(store.kafka(), kIntakeShards);
    intake::Parcel odd;
    odd.value = std::string("\x00\xff{", 3);
    odd.headers = {{"twice", "1"}, {"twice", "2"}, {"null", std::nullopt}, {"empty", ""}};
    writer.put(Shard(2), odd);
    intake::Parcel tombstone;
    tombstone.key = "";
    writer.put(Shard(2), tombstone);
    writer.put(Shard(2), command("CreateSwam", "x"));
    writer.put(Shard(2), command("CreateSwarm", swarm_in(Shard(2))));
    REQUIRE(comes_true([&] { return told(store) == 1; }));
    REQUIRE(comes_true([&] { return all_of(*store.dead_letters()).size() == 3; }));
    std::map<std::string, intake::Parcel> dead;
    for (intake::Parcel& parcel : all_of(*store.dead_letters()))
        dead[source_of(parcel)] = std::move(parcel);
    const intake::Parcel& first = dead.at("dead.commands/2/0");
    CHECK_FALSE(first.key);
    CHECK(first.value == odd.value);
    REQUIRE(first.headers.size() == 4 + 5);
    for (std::size_t i = 0; i < 4; ++i) CHECK(first.headers[i] == odd.headers[i]);
    CHECK(first.header(intake::kErrorCode) == "invalid-json");
    CHECK(first.header(intake::kErrorMessage)->find("not JSON") != std::string_view::npos);
    const intake::Parcel& second = dead.at("dead.commands/2/1");
    CHECK(second.key == "");
    CHECK_FALSE(second.value);
    CHECK(dead.at("dead.commands/2/2").header(intake::kErrorCode) == "unknown-command");
}

TEST_CASE("intake: while the broker or the log is away nothing is lost, told wrongly or overtaken",
          "[kafka]") {
    const IntakeStore store("away");
    const auto node = store.start("a");
    const std::string swarm = swarm_in(Shard(1));
    int number = 0;
    {
        CommandWriter writer(store.kafka(), kIntakeShards);
        writer.put(Shard(1), command("CreateSwarm", swarm));
        writer.put(Shard(1), command("StartRun", swarm, R"(,"run":"r")"));
        REQUIRE(comes_true([&] { return told(store) == 2; }));
        PostgresServer::shared().stop_at_once();
        for (; number < 10; ++number) writer.put(Shard(1), append(swarm, number));
        REQUIRE(comes_true([&] { return node->intake().counters().postponed > 0; }));
        CHECK(told(store) == 2);
        PostgresServer::shared().start();
        REQUIRE(comes_true([&] { return told(store) == 12; }));
        for (; number < 20; ++number) writer.put(Shard(1), append(swarm, number));
    }
    KafkaBroker::shared().kill();
    KafkaBroker::shared().start();
    CommandWriter writer(store.kafka(), kIntakeShards);
    for (; number < 30; ++number) writer.put(Shard(1), append(swarm, number));
    REQUIRE(comes_true([&] { return told(store) == 32; }));
    CHECK(store.values_of("swarm/" + swarm + "/run/r") == list_of(30));
    for (const auto& [source, results] : results_of(*store.outcomes()))
        for (const std::string& result : results)
            CHECK((result == "accepted" || result == "duplicate"));
}

TEST_CASE("intake: nodes take over from one another, and nothing is taken twice [V-159] [V-172]",
          "[kafka]") {
    const IntakeStore store("nodes");
    CommandWriter writer(store.kafka(), kIntakeShards);
    std::vector<std::string> swarms;
    for (std::uint32_t s = 0; s < kIntakeShards; ++s) {
        swarms.push_back(swarm_in(Shard(s)));
        writer.put(Shard(s), command("CreateSwarm", swarms.back()));
        writer.put(Shard(s), command("StartRun", swarms.back(), R"(,"run":"r")"));
    }
    std::unique_ptr<IntakeNode> node = store.start("node0");
    std::uint64_t number = 0;
    for (int turn = 1; turn <= 4; ++turn) {
        auto next = store.start("node" + std::to_string(turn));
        for (int i = 0; i < 10; ++i, ++number)
            for (std::uint32_t s = 0; s < kIntakeShards; ++s)
                writer.put(Shard(s), append(swarms[s], static_cast<int>(number)));
        REQUIRE(comes_true([&] { return !next->keeper().held_shards().empty(); }));
        node = std::move(next);
    }
    REQUIRE(comes_true([&] { return told(store) == kIntakeShards * (2 + number); }));
    for (const std::string& swarm : swarms)
        CHECK(store.values_of("swarm/" + swarm + "/run/r") == list_of(number));
    // Who gives its shards back in good order has told everything, and told it once.
    for (const auto& [source, results] : results_of(*store.outcomes()))
        CHECK(results.front() == "accepted");
}

}  // namespace skein::bus::test
