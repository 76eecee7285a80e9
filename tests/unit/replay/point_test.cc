#include <catch2/catch.hpp>

#include "engine/replay/point.h"
#include "engine/replay/resolve.h"
#include "engine/replay/resource.h"
#include "engine/replay/where.h"
#include "tests/unit/runtime/memory_engine.h"

using namespace skein;
using namespace skein::test;
using replay::PointKind;

TEST_CASE("points: every form of the grammar is read [V-26]", "[replay]") {
    struct Row {
        std::string_view text;
        PointKind kind;
        std::uint64_t number;
        std::int64_t offset;
    };
    const Row rows[] = {
        {"", PointKind::kHead, 0, 0},
        {"@head", PointKind::kHead, 0, 0},
        {"@head~3", PointKind::kHead, 0, -3},
        {"@start", PointKind::kVersion, 0, 0},
        {"@0", PointKind::kVersion, 0, 0},
        {"@4711", PointKind::kVersion, 4711, 0},
        {"@4711^", PointKind::kVersion, 4711, -1},
        {"@4711+2", PointKind::kVersion, 4711, 2},
        {"@pos:88", PointKind::kPosition, 88, 0},
    };
    for (const Row& row : rows) {
        INFO(row.text);
        const auto point = replay::parse_point(row.text);
        REQUIRE(point);
        CHECK(point->kind == row.kind);
        CHECK(point->number == row.number);
        CHECK(point->offset == row.offset);
    }
    CHECK(replay::parse_point("@-5m")->ago_us == 300'000'000);
    CHECK(replay::parse_point("@tag:before-price")->name == "before-price");
    CHECK(replay::parse_point("@ckpt:a.b")->kind == PointKind::kCheckpoint);
    CHECK(replay::parse_point("@step:price")->kind == PointKind::kStep);
    CHECK(replay::parse_point("@2026-11-20T10:03:11.250Z")->time ==
          *parse_time("2026-11-20T10:03:11.25Z"));
    CHECK(replay::parse_point("@ev:0192f0c1-2345-7678-9abc-def012345678")->kind ==
          PointKind::kEvent);
}

TEST_CASE("points: what is no point is refused by name", "[replay]") {
    for (const std::string_view text :
         {"@", "head", "@tag:", "@tag:a b", "@pos:", "@pos:x", "@-5", "@-m", "@-5y", "@4711^^",
          "@4711~", "@tag:x^", "@pos:5^", "@ev:12", "@2026-13-01T00:00:00Z", "@head+x", "@~3",
          "@head~-1"}) {
        INFO(text);
        const auto point = replay::parse_point(text);
        REQUIRE_FALSE(point);
        CHECK(point.error().code->name == "invalid-point");
    }
}

TEST_CASE("addresses: a range is split at its last dots, ends may be left out", "[replay]") {
    const auto range = replay::parse_address("run/r1@4..9");
    REQUIRE(range);
    CHECK(range->resource == "run/r1");
    CHECK(range->from->number == 4);
    CHECK(range->to->number == 9);
    CHECK(replay::parse_address("run/r1@..9")->from->kind == PointKind::kVersion);
    CHECK(replay::parse_address("run/r1@4..")->to->kind == PointKind::kHead);
    CHECK(replay::parse_address("run/r1@tag:a..@tag:b")->to->name == "b");
    CHECK_FALSE(replay::parse_address("run/r1")->point.has_value());
}

namespace {

struct History {
    MemoryEngine engine;
    Stream run{"swarm/s1/run/r1"};
    std::vector<Timestamp> times;  // recorded, by version - 1

    History() {
        engine.send(create_swarm("s1"));
        step(start_run("s1", "r1"));
        for (int i = 2; i <= 6; ++i) step(set_variable("s1", "r1", "a", std::to_string(i)));
        step(R"({"type":"TagRun","swarm":"s1","run":"r1","data":{"name":"six"}})");
        engine.send(create_swarm("s2"));
    }
    void step(const std::string& command) {
        engine.clock.time.us += 1'000'000;
        times.push_back(engine.clock.time);
        const runtime::Outcome outcome = engine.send(command);
        REQUIRE(outcome.kind == runtime::OutcomeKind::kAccepted);
    }
    Result<Version, domain::Rejection> resolve(std::string_view point) {
        const auto parsed = replay::parse_point(point);
        REQUIRE(parsed);
        const replay::ResolveSources sources{&engine.log, &engine.codec, &engine.folds,
                                             engine.clock.time};
        return replay::resolve_version(sources, run, *parsed);
    }
};

}  // namespace

TEST_CASE("points: each form finds its version, and out of range names the range [V-26]",
          "[replay]") {
    History history;
    CHECK(history.resolve("@head")->value() == 7);
    CHECK(history.resolve("@head~3")->value() == 4);
    CHECK(history.resolve("@start")->value() == 0);
    CHECK(history.resolve("@3^")->value() == 2);
    CHECK(history.resolve("@3+2")->value() == 5);
    CHECK(history.resolve("@tag:six")->value() == 7);
    CHECK(history.resolve("@-2s")->value() == 5);
    for (std::size_t i = 0; i < history.times.size(); ++i) {
        CHECK(history.resolve("@" + format_time(history.times[i]))->value() == i + 1);
        CHECK(history.resolve("@" + format_time({history.times[i].us - 1}))->value() == i);
    }
    for (std::uint64_t version = 1; version <= 7; ++version) {
        const Position position = *history.engine.log.position_of(history.run, Version(version));
        CHECK(history.resolve(fmt::format("@pos:{}", position.value()))->value() == version);
        const auto stored =
            history.engine.log.read(log::shard_of(history.engine.log, history.run), position);
        const domain::Event event =
            replay::decode_stored({log::shard_of(history.engine.log, history.run), position,
                                   stored->bytes, stored->hash.view()},
                                  history.engine.codec);
        CHECK(history.resolve("@ev:" + event.meta.event_id.str())->value() == version);
        CHECK(history.resolve("@cmd:" + event.meta.command_id.str())->value() == version);
    }
    for (const std::string_view point :
         {"@8", "@head~8", "@head+1", "@tag:no", "@pos:999", "@18446744073709551616",
          "@pos:99999999999999999999", "@3+9223372036854775807", "@head~99999999999999999999",
          "@ev:0192f0c1-2345-7678-9abc-def012345678"}) {
        INFO(point);
        const auto version = history.resolve(point);
        REQUIRE_FALSE(version);
        CHECK(version.error().code->name == "point-out-of-range");
        CHECK(version.error().message.find("0 to 7") != std::string::npos);
    }
}

TEST_CASE("resources: full names, short names, ambiguous and unknown ones", "[replay]") {
    MemoryEngine engine;
    engine.send(create_swarm("s1"));
    engine.send(create_swarm("s2"));
    engine.send(start_run("s1", "only"));
    engine.send(start_run("s1", "both"));
    engine.send(start_run("s2", "both"));
    const auto find = [&](std::string_view text) {
        return replay::find_resource(engine.log, engine.registry, text);
    };
    CHECK(find("swarm/s1")->stream == Stream("swarm/s1"));
    CHECK(find("swarm/s2/run/both")->stream == Stream("swarm/s2/run/both"));
    CHECK(find("run/only")->stream == Stream("swarm/s1/run/only"));
    CHECK(find("board/s1")->part == replay::Part::kBoard);
    const auto ambiguous = find("run/both");
    REQUIRE_FALSE(ambiguous);
    CHECK(ambiguous.error().code->name == "ambiguous-name");
    CHECK(ambiguous.error().message.find("swarm/s2/run/both") != std::string::npos);
    CHECK(find("run/none").error().code->name == "no-such-stream");
    CHECK(find("swarm/s9").error().code->name == "no-such-stream");
    CHECK(find("robot/x").error().code->name == "invalid-resource");
    CHECK(find("swarm/a..b").error().code->name == "invalid-id");
}

TEST_CASE("conditions: comparisons, words, pointers and errors with their column", "[replay]") {
    const std::function<json::Value()> facts[] = {
        [] {
            return *json::parse(R"({"variables":{"budget":90,"name":"a b","list":[1,2],)"
                                R"("all":18446744073709551615,"float":0.1}})");
        },
        [] {
            return *json::parse(R"({"status":"running","steps":{"price":{"status":"failed"}},
                                    "variables":{"budget":{"value":90,"version":3}}})");
        }};
    const auto holds = [&](std::string_view text) {
        const auto condition = replay::parse_condition(text);
        INFO(text);
        REQUIRE(condition);
        return (*condition)->holds(facts);
    };
    CHECK(holds("variables.budget < 100"));
    CHECK(holds("variables.budget.version = 3 and variables.budget = 90"));
    CHECK(holds("/variables/budget>=90 and status = running"));
    CHECK(holds("not variables.budget = 91"));
    CHECK(holds("variables.name = \"a b\""));
    CHECK(holds("variables.list contains 2"));
    CHECK(holds("variables.name contains b"));
    CHECK(holds("steps.price.status == failed or exists variables.nothing"));
    CHECK(holds("(exists variables.budget) and not (variables.budget > 90)"));
    CHECK(holds("variables.nothing != 1"));
    CHECK_FALSE(holds("variables.nothing = 1"));
    CHECK_FALSE(holds("variables.name < 5"));
    CHECK(holds("variables.all < 1.8446744073709552e19"));
    CHECK_FALSE(holds("variables.all >= 1.8446744073709552e19"));
    CHECK(holds("variables.all > 18446744073709551614"));
    CHECK(holds("variables.float < 1e23 and variables.name != 2026-01-01"));
    for (const std::string_view text :
         {"", "a", "a =", "(a = 1", "a = 1 b", "a ! 1", "a = [1", "not", "= 1", "a < 01",
          "a < 0x10", "a = 1e999", "a < -99999999999999999999999"}) {
        INFO(text);
        const auto condition = replay::parse_condition(text);
        REQUIRE_FALSE(condition);
        CHECK(condition.error().code->name == "invalid-condition");
        CHECK(condition.error().message.find("column") != std::string::npos);
    }
}

TEST_CASE("points: a step that a fork took over is found where it happened [V-26]", "[replay]") {
    History history;
    const auto send = [&](const std::string& run, const std::string& type,
                          const std::string& data) {
        history.step(R"({"type":")" + type + R"(","swarm":"s1","run":")" + run + R"(","data":)" +
                     data + "}");
    };
    send("r1", "StartStep", R"({"step":"deep"})");
    send("f1", "ForkRun", R"({"source":"r1"})");
    send("f1", "StartStep", R"({"step":"near"})");
    send("f2", "ForkRun", R"({"source":"f1"})");
    history.run = Stream("swarm/s1/run/f2");
    const auto deep = history.resolve("@step:deep");
    REQUIRE_FALSE(deep);
    CHECK(deep.error().code->name == "point-out-of-range");
    CHECK(deep.error().message.find("swarm/s1/run/r1@8") != std::string::npos);
    const auto near = history.resolve("@step:near");
    REQUIRE_FALSE(near);
    CHECK(near.error().message.find("swarm/s1/run/f1@2") != std::string::npos);
    send("f2", "CompleteStep", R"({"step":"deep"})");
    CHECK(history.resolve("@step:deep")->value() == 2);
    const auto none = history.resolve("@step:none");
    REQUIRE_FALSE(none);
    CHECK(none.error().message.find("its versions are") != std::string::npos);
}
