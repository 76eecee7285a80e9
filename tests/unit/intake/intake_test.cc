// The intake over topics and a log in memory: order, exactly once, what goes where, and where an
// owner begins.
#include "engine/intake/intake.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <map>

#include "engine/intake/command_record.h"
#include "engine/json/parse.h"
#include "tests/unit/bus/memory_topic.h"
#include "tests/unit/runtime/memory_engine.h"
#include "tests/waiting/comes_true.h"

namespace skein::intake::test {

namespace {

using bus::test::MemoryTopic;
using skein::test::comes_true;
using skein::test::create_swarm;
using skein::test::RemoteEngine;
using skein::test::set_variable;
using skein::test::start_run;

constexpr std::uint32_t kShards = 4;

struct Told {
    std::string key;
    std::string value;
    std::map<std::string, std::string> headers;

    std::string source() const {
        return headers.at("skein_source_topic") + "/" + headers.at("skein_source_partition") + "/" +
               headers.at("skein_source_offset");
    }
    // "accepted", "duplicate" or the code of a rejection.
    std::string result() const {
        const auto document = json::parse(value);
        if (*document->find("outcome")->as_string() == "rejected")
            return std::string(*document->find("code")->as_string());
        return *document->find("duplicate")->as_boolean() ? "duplicate" : "accepted";
    }
};

std::vector<Told> all_of(MemoryTopic& topic) {
    std::vector<Told> all;
    for (std::uint32_t p = 0; p < kShards; ++p) {
        topic.read(Shard(p), 0, topic.extent(Shard(p)).end, [&](const bus::StoredRecord& stored) {
            Told told{std::string(stored.record.key), std::string(stored.record.value), {}};
            for (const bus::Header& header : stored.record.headers)
                told.headers[std::string(header.name)] = header.value;
            all.push_back(std::move(told));
            return true;
        });
    }
    return all;
}

class Bench {
 public:
    explicit Bench(IntakeOptions options = {}, const runtime::RuntimeOptions& runtime = {})
        : engine(runtime), options_(options) {
        options_.retry_after_min = std::chrono::milliseconds(1);
        options_.retry_after_max = std::chrono::milliseconds(5);
    }
    ~Bench() { stop(); }

    Shard shard_of(const std::string& swarm) const {
        return skein::shard_of(Scope("swarm/" + swarm), kShards);
    }
    // A swarm of this shard, the n-th.
    std::string swarm_in(Shard shard, int n = 0) const {
        for (int k = 0;; ++k) {
            std::string name = "s" + std::to_string(k);
            if (shard_of(name) == shard && n-- == 0) return name;
        }
    }
    void put(Shard partition, const std::string& value, const std::string& key = "k") {
        commands.store(partition, {key, value, {{"from", "a test"}}});
    }

    void start() {
        intake = std::make_unique<Intake>(
            IntakeParts{&engine.log, &engine.runtime, &commands, &outcomes, &dead_letters, "c"},
            options_);
        for (std::uint32_t s = 0; s < kShards; ++s)
            intake->own(Shard(s), engine.log.head(Shard(s)).epoch);
        intake->start();
    }
    void stop() { intake.reset(); }
    // Everything that stands in the commands topic is told, and that is kept.
    bool is_done() {
        for (std::uint32_t s = 0; s < kShards; ++s) {
            const auto end = static_cast<std::uint64_t>(commands.extent(Shard(s)).end);
            const auto point = engine.log.intake_point(Shard(s));
            if (end > 0 && (!point || point->told < end)) return false;
        }
        return true;
    }
    void run() {
        start();
        REQUIRE(comes_true([this] { return is_done(); }));
        intake->stop();
        last = intake->status();
        stop();
    }
    std::map<std::string, std::string> results() {  // by source
        std::map<std::string, std::string> results;
        for (const Told& told : all_of(outcomes)) results[told.source()] += told.result() + " ";
        return results;
    }

    RemoteEngine engine;
    MemoryTopic commands{kShards};
    MemoryTopic outcomes{kShards};
    MemoryTopic dead_letters{kShards};
    std::unique_ptr<Intake> intake;
    IntakeStatus last;

 private:
    IntakeOptions options_;
};

// The tests of one partition, and of a swarm that is its own.
class OneShard : public Bench {
 public:
    explicit OneShard(Shard which, const runtime::RuntimeOptions& runtime = {})
        : Bench({}, runtime), shard(which), swarm(swarm_in(which)) {}

    using Bench::put;
    void put(const std::string& value, const std::string& key = "k") { put(shard, value, key); }
    Position position() const { return engine.log.head(shard).position; }
    std::optional<log::IntakePoint> point() const { return engine.log.intake_point(shard); }

    const Shard shard;
    const std::string swarm;
};

}  // namespace

TEST_CASE("intake: commands of a partition are taken in order, and their outcomes told [V-117]",
          "[intake]") {
    OneShard bench(Shard(2));
    bench.put(create_swarm(bench.swarm));
    bench.put(start_run(bench.swarm, "r1"));
    for (int i = 0; i < 500; ++i)
        bench.put(set_variable(bench.swarm, "r1", "n", std::to_string(i)));
    bench.run();
    CHECK(bench.position() == Position(502));
    const auto state = bench.engine.folds.latest(Stream("swarm/" + bench.swarm + "/run/r1"));
    CHECK(state->values(Timestamp{}).text() == R"({"intermediate":{},"variables":{"n":499}})");
    const auto told = all_of(bench.outcomes);
    REQUIRE(told.size() == 502);
    std::map<std::string, int> sources;
    for (const Told& one : told) {
        CHECK(one.result() == "accepted");
        CHECK(json::parse(one.value)->find("command_id")->as_string() == one.key);
        ++sources[one.source()];
    }
    CHECK(sources.size() == 502);
    CHECK(sources.contains("c/2/501"));
    CHECK(bench.point()->next == 502);
    CHECK(bench.last.counters.accepted == 502);
}

TEST_CASE("intake: nothing behind a refusal is decided before it is told [V-117]", "[intake]") {
    OneShard bench(Shard(1));
    bench.put(set_variable(bench.swarm, "r1", "n", "1"));
    bench.put(create_swarm(bench.swarm));
    const std::string other = bench.swarm_in(Shard(3));
    bench.outcomes.set_deliveries_max(0);
    bench.start();
    bench.put(Shard(3), create_swarm(other));
    REQUIRE(comes_true([&] { return bench.engine.log.head(Shard(3)).position == Position(1); }));
    REQUIRE(comes_true([&] { return bench.intake->counters().rejected == 1; }));
    CHECK(bench.position() == Position(0));
    CHECK_FALSE(bench.point());
    bench.outcomes.set_deliveries_max(100);
    REQUIRE(comes_true([&] { return bench.is_done(); }));
    CHECK(bench.position() == Position(1));
}

TEST_CASE("intake: a command by another shard's partition is sent on, and taken once [V-117]",
          "[intake]") {
    Bench bench;
    const std::string swarm = bench.swarm_in(Shard(3));
    const std::string create = create_swarm(swarm);
    bench.put(Shard(0), create);
    bench.run();
    bench.run();
    CHECK(bench.engine.log.head(Shard(3)).position == Position(1));
    CHECK(bench.results() == std::map<std::string, std::string>{{"c/0/0", "accepted "}});
    const auto sent_on = all_of(bench.commands);
    REQUIRE(sent_on.size() == 2);
    CHECK(sent_on[1].key == "swarm/" + swarm);
    CHECK(sent_on[1].value == create);
    CHECK(sent_on[1].headers.at("from") == "a test");
    // Sent on twice: it has no command_id, and is the same command all the same.
    const Parcel again = [&] {
        Parcel parcel;
        bench.commands.read(Shard(3), 0, 1, [&](const bus::StoredRecord& stored) {
            parcel = copy_of(stored.record);
            return true;
        });
        return parcel;
    }();
    bench.commands.store(Shard(3), again.record());
    bench.run();
    CHECK(bench.engine.log.head(Shard(3)).position == Position(1));
    CHECK(bench.results() == std::map<std::string, std::string>{{"c/0/0", "accepted duplicate "}});
}

TEST_CASE("intake: what is no command goes to the dead letters, and stops nothing [V-165]",
          "[intake]") {
    OneShard bench(Shard(0));
    const std::string big(kCommandBytesMax, ' ');
    bench.put("no json", "my key");
    bench.put(R"({"type":"CreateSwarm","swarm":"x","colour":1})");
    bench.put(R"({"type":"CreateSwam","swarm":"x"})");
    bench.put("\xff\xfe");
    bench.put("");
    bench.put(big);
    bench.put(create_swarm(bench.swarm));
    bench.run();
    CHECK(bench.position() == Position(1));
    std::map<std::string, Told> dead;
    for (const Told& told : all_of(bench.dead_letters)) dead[told.source()] = told;
    REQUIRE(dead.size() == 6);
    const Told& first = dead.at("c/0/0");
    CHECK(first.key == "my key");
    CHECK(first.value == "no json");
    CHECK(first.headers.at("from") == "a test");
    CHECK(first.headers.at("skein_error_code") == "invalid-json");
    CHECK_THAT(first.headers.at("skein_error_message"), Catch::Contains("line 1"));
    CHECK(dead.at("c/0/1").headers.at("skein_error_code") == "unknown-field");
    CHECK(dead.at("c/0/2").headers.at("skein_error_code") == "unknown-command");
    CHECK(dead.at("c/0/3").value == "\xff\xfe");
    CHECK(dead.at("c/0/5").headers.at("skein_error_code") == "event-too-large");
    CHECK(dead.at("c/0/5").value.empty());
    CHECK_THAT(dead.at("c/0/5").headers.at("skein_error_message"), Catch::Contains("its source"));
    CHECK(bench.last.counters.dead_letters == 6);
    CHECK(all_of(bench.outcomes).size() == 1);
}

TEST_CASE("intake: who sent what is no command under an id is told so too [V-165]", "[intake]") {
    OneShard bench(Shard(0));
    const std::string id = "0199f3a0-0000-7000-8000-000000000001";
    bench.put(R"({"type":"CreateSwam","swarm":"x","command_id":")" + id + R"("})");
    bench.put(create_swarm(bench.swarm));
    bench.run();
    CHECK(bench.results() == std::map<std::string, std::string>{{"c/0/0", "unknown-command "},
                                                                {"c/0/1", "accepted "}});
    REQUIRE(all_of(bench.dead_letters).size() == 1);
    CHECK(all_of(bench.dead_letters)[0].source() == "c/0/0");
    for (const Told& told : all_of(bench.outcomes))
        if (told.result() == "unknown-command") CHECK(told.key == id);
    CHECK(bench.position() == Position(1));
    CHECK(bench.last.counters.dead_letters == 1);
}

TEST_CASE("intake: an owner tells again what was not told, and decides nothing again [V-159]",
          "[intake]") {
    OneShard bench(Shard(1));
    bench.put(create_swarm(bench.swarm));
    bench.put(set_variable(bench.swarm, "r1", "n", "1"));
    bench.put(start_run(bench.swarm, "r1"));
    bench.run();
    REQUIRE(bench.results().size() == 3);
    // As though it had died before it was kept that all this was told.
    bench.outcomes.erase_all();
    bench.engine.log.move_intake(bench.shard, bench.engine.log.head(bench.shard).epoch, {3, 0});
    bench.run();
    // The refusal would be an acceptance now.
    CHECK(bench.results() ==
          std::map<std::string, std::string>{{"c/1/0", "duplicate "}, {"c/1/2", "duplicate "}});
    CHECK(bench.position() == Position(2));
    CHECK(bench.last.counters.told_again == 2);
    CHECK(bench.point()->told == 3);
}

TEST_CASE("intake: commands sent twice are accepted once, each telling its source [V-117]",
          "[intake]") {
    OneShard bench(Shard(1));
    const std::string create =
        R"({"command_id":"0192f0c1-2345-4678-9abc-def012345678","type":"CreateSwarm","swarm":")" +
        bench.swarm + R"("})";
    bench.put(create);
    bench.put(create);
    bench.put(create);
    bench.run();
    CHECK(bench.position() == Position(1));
    CHECK(bench.results() == std::map<std::string, std::string>{{"c/1/0", "accepted "},
                                                                {"c/1/1", "duplicate "},
                                                                {"c/1/2", "duplicate "}});
    CHECK(bench.point()->next == 3);
}

TEST_CASE("intake: deliveries that fail are sent again, and a bus that is away is waited for",
          "[intake]") {
    OneShard bench(Shard(1));
    bench.put(create_swarm(bench.swarm));
    bench.put("broken");
    bench.outcomes.lose_next(MemoryTopic::Loss::kFails);
    bench.dead_letters.lose_next(MemoryTopic::Loss::kFailsButStored);
    bench.run();
    CHECK(bench.results() == std::map<std::string, std::string>{{"c/1/0", "accepted "}});
    CHECK(all_of(bench.dead_letters).size() == 2);
    CHECK(bench.last.counters.failures == 2);
    bench.commands.set_down(true);
    bench.start();
    REQUIRE(comes_true([&] { return bench.intake->counters().failures > 2; }));
    CHECK_THAT(bench.intake->status().last_problem, Catch::Contains("down"));
    bench.commands.set_down(false);
    bench.put(start_run(bench.swarm, "r1"));
    REQUIRE(comes_true([&] { return bench.is_done(); }));
    CHECK(bench.position() == Position(2));
}

TEST_CASE("intake: a topic that begins anew is taken from its beginning [V-165]", "[intake]") {
    OneShard bench(Shard(1));
    for (const char* const run : {"r1", "r2", "r3"}) {
        if (bench.commands.extent(bench.shard).end == 0) bench.put(create_swarm(bench.swarm));
        bench.put(start_run(bench.swarm, run));
    }
    bench.run();
    bench.commands.erase_all();
    bench.put(start_run(bench.swarm, "r4"));
    bench.start();
    CHECK(comes_true([&] { return bench.point()->told == 1; }));
    CHECK(bench.position() == Position(5));
    CHECK(bench.point()->next == 1);
}

TEST_CASE(
    "intake: a topic made anew that has grown past what was taken is known as another [V-165]",
    "[intake]") {
    OneShard bench(Shard(1));
    bench.put(create_swarm(bench.swarm));
    bench.put(start_run(bench.swarm, "r1"));
    bench.run();
    CHECK(bench.last.counters.begun_anew == 0);
    // A restart over the same topic takes nothing anew.
    bench.put(start_run(bench.swarm, "r2"));
    bench.run();
    CHECK(bench.last.counters.begun_anew == 0);
    CHECK(bench.position() == Position(3));
    bench.commands.erase_all();
    for (const char* const run : {"r3", "r4", "r5", "r6"}) bench.put(start_run(bench.swarm, run));
    bench.start();
    CHECK(comes_true([&] { return bench.position() == Position(7); }));
    bench.intake->stop();
    CHECK(bench.intake->status().counters.begun_anew == 1);
    CHECK_THAT(bench.intake->status().last_problem,
               Catch::Contains("is not the one that was taken up to offset 3"));
}

TEST_CASE("intake: who is not the owner any more appends and keeps nothing [V-172]", "[intake]") {
    OneShard bench(Shard(1));
    bench.put(create_swarm(bench.swarm));
    bench.start();
    REQUIRE(comes_true([&] { return bench.is_done(); }));
    const Epoch theirs = bench.engine.log.take_over(bench.shard);
    bench.put(start_run(bench.swarm, "r1"));
    bench.put("broken");
    REQUIRE(comes_true([&] { return bench.intake->counters().postponed > 2; }));
    CHECK(bench.position() == Position(1));
    CHECK(bench.point()->next == 1);
    CHECK_THAT(bench.intake->status().last_problem, Catch::Contains("not ours"));
    bench.intake->own(bench.shard, theirs);
    REQUIRE(comes_true([&] { return bench.is_done(); }));
    CHECK(bench.position() == Position(2));
    CHECK(bench.results().at("c/1/1").starts_with("accepted"));
    bench.intake->leave(bench.shard);
    REQUIRE(comes_true([&] { return bench.intake->status().shards.size() == kShards - 1; }));
}

TEST_CASE("intake: what was written before its shard was left is told by who wrote it [V-159]",
          "[intake]") {
    std::atomic<bool> is_gated{false};
    std::atomic<bool> is_writing{false};
    OneShard bench(Shard(1));
    bench.engine.log.before_append = [&] {
        is_writing = is_gated.load();
        CHECK(comes_true([&] { return !is_gated; }));
    };
    bench.put(create_swarm(bench.swarm));
    bench.start();
    REQUIRE(comes_true([&] { return bench.is_done(); }));
    is_gated = true;
    bench.put(start_run(bench.swarm, "r1"));
    REQUIRE(comes_true([&] { return is_writing.load(); }));
    bench.intake->leave(bench.shard);
    REQUIRE(comes_true([&] { return bench.intake->status().shards.size() == kShards - 1; }));
    is_gated = false;
    REQUIRE(comes_true([&] { return bench.results().contains("c/1/1"); }));
    bench.intake->own(bench.shard, bench.engine.log.head(bench.shard).epoch);
    REQUIRE(comes_true([&] { return bench.is_done(); }));
    CHECK(bench.results().at("c/1/1").starts_with("accepted "));
    CHECK(bench.position() == Position(2));
}

TEST_CASE("intake: a runtime whose queue is full is asked again, and nothing is overtaken",
          "[intake]") {
    runtime::RuntimeOptions runtime;
    runtime.queue_commands_max = 3;
    runtime.round_commands_max = 2;
    OneShard bench(Shard(2), runtime);
    bench.put(create_swarm(bench.swarm));
    bench.put(start_run(bench.swarm, "r1"));
    std::string list;
    for (int i = 0; i < 100; ++i) {
        bench.put(fmt::format(R"({{"type":"UpdateContext","swarm":"{}","run":"r1",)"
                              R"("data":{{"updates":[{{"key":"l","op":"append",)"
                              R"("value":{}}}]}}}})",
                              bench.swarm, i));
        list += (i > 0 ? "," : "") + std::to_string(i);
    }
    bench.run();
    CHECK(bench.last.counters.postponed > 0);
    const auto state = bench.engine.folds.latest(Stream("swarm/" + bench.swarm + "/run/r1"));
    CHECK(state->values(Timestamp{}).text() ==
          R"({"intermediate":{},"variables":{"l":[)" + list + "]}}");
}

TEST_CASE("intake: a backlog beyond its limits is taken whole, in order", "[intake]") {
    IntakeOptions options;
    options.lane_records_max = 16;
    options.lane_deciding_max = 5;
    options.keep_interval = std::chrono::milliseconds(1);
    Bench bench(options);
    std::vector<std::string> swarms;
    for (std::uint32_t s = 0; s < kShards; ++s) swarms.push_back(bench.swarm_in(Shard(s)));
    for (std::uint32_t s = 0; s < kShards; ++s) bench.put(Shard(s), create_swarm(swarms[s]));
    for (std::uint32_t s = 0; s < kShards; ++s) bench.put(Shard(s), start_run(swarms[s], "r1"));
    for (int i = 0; i < 300; ++i) {
        for (std::uint32_t s = 0; s < kShards; ++s) {
            bench.put(Shard(s), set_variable(swarms[s], "r1", "n", std::to_string(i)));
            if (i % 7 == 0) bench.put(Shard(s), create_swarm(swarms[s]));  // refused
            if (i % 11 == 0) bench.put(Shard(s), "no command");
            if (i % 13 == 0)
                bench.put(Shard((s + 1) % kShards), start_run(swarms[s], "q" + std::to_string(i)));
        }
    }
    bench.run();
    for (std::uint32_t s = 0; s < kShards; ++s) {
        const auto state = bench.engine.folds.latest(Stream("swarm/" + swarms[s] + "/run/r1"));
        CHECK(state->version() == Version(301));
        CHECK(state->values(Timestamp{}).text() == R"({"intermediate":{},"variables":{"n":299}})");
        CHECK(bench.engine.log.head(Shard(s)).position == Position(302 + 24));
    }
    CHECK(bench.last.counters.rejected == 4 * 43);
    CHECK(bench.last.counters.dead_letters == 4 * 28);
    CHECK(bench.last.counters.reproduced == 4 * 24);
}

}  // namespace skein::intake::test
