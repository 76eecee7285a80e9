#include <catch2/catch.hpp>
#include <string>

#include "tests/unit/domain/story.h"

using namespace skein;
using namespace skein::domain;
using namespace skein::domain::run;

namespace {

std::string ids(const Story& story, const std::string& run) {
    std::string all;
    story.now(run)->conflicts.for_each(
        [&all](const auto&, const Conflict& conflict) { all += conflict.id() + " "; });
    return all;
}

// Run `a` at version 4 with conflict c4.1 on x (base 1, source 2 of b, target 3).
void open_conflict(Story& story, const std::string& source = "2", const std::string& target = "3") {
    story.run("a").set("a", "x", "1").fork("b", "a");
    if (source.empty()) {
        story.erase("b", "x");
    } else {
        story.set("b", "x", source);
    }
    if (target.empty()) {
        story.erase("a", "x");
    } else {
        story.set("a", "x", target);
    }
    story.merge("a", "b", "manual_review");
}

Story& resolve(Story& story, const std::string& id, const std::string& resolution) {
    return story.accept(R"("type":"ResolveConflict","run":"a")",
                        R"({"conflict":")" + id + R"(","resolution":)" + resolution + "}");
}

std::string refused(Story& story, const std::string& data) {
    return story.refusal(R"("type":"ResolveConflict","run":"a")", data);
}

std::string big(char letter) { return "\"" + std::string(2000, letter) + "\""; }

}  // namespace

TEST_CASE("conflict: it ends with the source's, the target's or a given value [V-35] [V-38]",
          "[unit][run]") {
    struct Row {
        const char* source;
        const char* target;
        const char* resolution;
        const char* x;
    };
    const Row rows[] = {
        {"2", "3", R"("source")", "2"},
        {"2", "3", R"("target")", "3"},
        {"2", "3", R"({"value":{"n":null}})", R"({"n":null})"},
        {"", "3", R"("source")", ""},
        {"", "3", R"("target")", "3"},
        {"2", "", R"("source")", "2"},
        {"2", "", R"("target")", ""},
        {"2", "", R"({"value":7})", "7"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.source, row.target, row.resolution);
        Story story;
        open_conflict(story, row.source, row.target);
        CHECK(ids(story, "a") == "c4.1 ");
        resolve(story, "c4.1", row.resolution);
        CHECK(ids(story, "a").empty());
        CHECK(story.value("a", "x") == row.x);
        story.check_replay();
    }
}

TEST_CASE("conflict: metadata travels with the source's value [V-35]", "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").fork("b", "a");
    story.actor = "bob";
    story.accept(
        R"("type":"UpdateContext","run":"b")",
        R"({"updates":[{"key":"x","op":"set","value":2,"sensitivity":"pii","source":"step"}]})");
    story.set("a", "x", "3");
    story.actor = "judge";
    story.merge("a", "b", "manual_review").fork("f", "a");
    resolve(story, "c4.1", R"("source")");
    const Entry& taken = *story.now("a")->variables.find("x");
    CHECK(taken.sensitivity == Sensitivity::kPii);
    CHECK(taken.source == Source::kStep);
    CHECK(taken.actor == "bob");
    CHECK(taken.version == story.now("a")->version());
    CHECK(taken.position == story.last().meta.position);
    story.accept(R"("type":"ResolveConflict","run":"f")",
                 R"({"conflict":"c4.1","resolution":{"value":5}})");
    const Entry& given = *story.now("f")->variables.find("x");
    CHECK(given.sensitivity == Sensitivity::kPii);
    CHECK(given.source == Source::kUser);
    CHECK(given.actor == "judge");
    story.check_replay();
}

TEST_CASE("conflict: writing the key leaves it open, and target means the recorded value [V-35]",
          "[unit][run]") {
    Story story;
    open_conflict(story);
    story.set("a", "x", "9");
    CHECK(ids(story, "a") == "c4.1 ");
    resolve(story, "c4.1", R"("target")");
    CHECK(story.value("a", "x") == "3");
}

TEST_CASE("conflict: an equal value keeps its version [V-35]", "[unit][run]") {
    Story story;
    open_conflict(story);
    resolve(story, "c4.1", R"("target")");
    CHECK(story.now("a")->variables.find("x")->version.value() == 3);
    CHECK(story.last().body->data().text() ==
          R"({"area":"variables","conflict":"c4.1","key":"x","resolution":"target","value":3})");
}

TEST_CASE("conflict: a later one on the same key replaces it [V-35]", "[unit][run]") {
    Story story;
    open_conflict(story);
    story.set("b", "x", "5").set("b", "y", "1").set("a", "x", "6").set("a", "y", "2");
    story.merge("a", "b", "manual_review");
    CHECK(ids(story, "a") == "c7.1 c7.2 ");
    CHECK(refused(story, R"({"conflict":"c4.1","resolution":"source"})") == "conflict-not-found");
    resolve(story, "c7.1", R"("source")");
    CHECK(story.value("a", "x") == "5");
    CHECK(ids(story, "a") == "c7.2 ");
}

TEST_CASE("conflict: one on an intermediate result of that name is another one [V-35]",
          "[unit][run]") {
    Story story;
    open_conflict(story);
    story.set("b", "x", "5", "intermediate").set("a", "x", "6", "intermediate");
    story.merge("a", "b", "manual_review");
    CHECK(ids(story, "a") == "c4.1 c6.1 ");
    resolve(story, "c6.1", R"("source")");
    CHECK(story.values("a") == R"({"intermediate":{"x":5},"variables":{"x":3}})");
}

TEST_CASE("conflict: for a frozen key a resolution counts as a merge [V-35]", "[unit][run]") {
    Story story;
    open_conflict(story);
    story.freeze("a", "x", "3");
    CHECK(refused(story, R"({"conflict":"c4.1","resolution":"source"})") == "key-frozen");
    resolve(story, "c4.1", R"("target")");
    CHECK(story.value("a", "x") == "3");
    CHECK(ids(story, "a").empty());
}

TEST_CASE("conflict: an open one does not keep a run from completing [V-35]", "[unit][run]") {
    Story story;
    open_conflict(story);
    story.accept(R"("type":"CompleteRun","run":"a")");
    CHECK(ids(story, "a") == "c4.1 ");
    CHECK(refused(story, R"({"conflict":"c4.1","resolution":"source"})") == "run-already-finished");
}

TEST_CASE("conflict: large sides are stored as references, in forks too [V-35] [V-38]",
          "[unit][run]") {
    for (const char* resolution : {R"("source")", R"("target")"}) {
        CAPTURE(resolution);
        Story story;
        open_conflict(story, big('s'), big('t'));
        story.fork("f", "a");
        story.set("a", "x", "0").set("f", "x", "0");
        resolve(story, "c4.1", resolution);
        const bool source = std::string(resolution) == R"("source")";
        CHECK(std::holds_alternative<ValueRef>(*story.last_body<ConflictResolved>().value));
        CHECK(story.value("a", "x") == (source ? big('s') : big('t')));
        for (int i = 0; i < 4; ++i) story.set("f", "pad", std::to_string(i));
        story.accept(R"("type":"ResolveConflict","run":"f")",
                     std::string(R"({"conflict":"c4.1","resolution":)") + resolution + "}");
        CHECK(story.value("f", "x") == (source ? big('s') : big('t')));
        story.check_replay();
    }
}

TEST_CASE("conflict: those that a fork copied keep their ids beside its own [V-35]",
          "[unit][run]") {
    Story story;
    open_conflict(story);  // c4.1 of a
    story.fork("f", "a").fork("g", "a").set("g", "y", "1").set("f", "y", "2").set("f", "y", "3");
    story.merge("f", "g", "manual_review");  // at version 4 of f
    CHECK(story.version("f") == 4);
    CHECK(ids(story, "f") == "c4.1 c4.2 ");
    story.check_replay();
}

TEST_CASE("conflict: every rule that resolving can break has its code [V-35]", "[unit][run]") {
    Story story;
    open_conflict(story);
    for (const char* id : {"c4.2", "c04.1", "c4.01", "4.1", "c4", "c.1", "c4.", "c4.1x", "", ".",
                           "c", "c99999999999999999999.1"}) {
        CAPTURE(id);
        CHECK(refused(story, std::string(R"({"conflict":")") + id +
                                 R"(","resolution":"source"})") == "conflict-not-found");
    }
    CHECK(refused(story, R"({"resolution":"source"})") == "missing-field");
    CHECK(refused(story, R"({"conflict":"c4.1"})") == "missing-field");
    CHECK(refused(story, R"({"conflict":"c4.1","resolution":"both"})") == "invalid-field");
    CHECK(refused(story, R"({"conflict":"c4.1","resolution":7})") == "invalid-field");
    CHECK(refused(story, R"({"conflict":"c4.1","resolution":{}})") == "missing-field");
    CHECK(refused(story, R"({"conflict":"c4.1","resolution":{"value":1,"v":2}})") ==
          "unknown-field");
    CHECK(refused(story, R"({"conflict":"c4.1","resolution":"source","how":1})") ==
          "unknown-field");
    CHECK(ids(story, "a") == "c4.1 ");
}
