#include <catch2/catch.hpp>
#include <string>

#include "tests/unit/domain/story.h"

using namespace skein;
using namespace skein::domain;
using namespace skein::domain::run;

namespace {

std::string base_of(const Story& story) {
    const MergeFacts& facts = story.last_body<RunMerged>().facts;
    return facts.base->run + "@" + std::to_string(facts.base->version.value());
}

}  // namespace

TEST_CASE("merge base: before the first merge it is the fork point, in both directions [V-18]",
          "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").set("a", "x", "2").fork("b", "a", "@2").set("b", "y", "1");
    Story back = story;
    story.merge("a", "b", "manual_review");
    CHECK(base_of(story) == "a@2");
    CHECK(story.values("a") == R"({"intermediate":{},"variables":{"x":2,"y":1}})");
    back.merge("b", "a", "manual_review");
    CHECK(base_of(back) == "a@2");
    CHECK(back.values("b") == R"({"intermediate":{},"variables":{"x":2,"y":1}})");
}

TEST_CASE("merge base: after a merge it is what was merged, whichever direction came last [V-18]",
          "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").fork("b", "a").set("b", "x", "2");
    story.merge("a", "b", "manual_review").set("a", "x", "3");
    story.merge("b", "a", "manual_review");  // b has not changed since it was merged
    CHECK(base_of(story) == "b@2");
    CHECK(story.value("b", "x") == "3");
    story.set("b", "x", "4").merge("a", "b", "manual_review");  // a@4 was merged into b
    CHECK(base_of(story) == "a@4");
    CHECK(story.value("a", "x") == "4");
    story.merge("a", "b", "manual_review");
    CHECK(base_of(story) == "b@4");
    CHECK(story.last_body<RunMerged>().facts.keys.empty());
    story.check_replay();
}

TEST_CASE("merge base: a deletion that was merged does not come back [V-18]", "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").fork("b", "a").erase("b", "x").set("b", "y", "1");
    story.merge("a", "b", "child_wins").merge("b", "a", "child_wins");
    CHECK(story.values("a") == R"({"intermediate":{},"variables":{"y":1}})");
    story.set("a", "x", "2").merge("b", "a", "child_wins");
    CHECK(story.values("b") == R"({"intermediate":{},"variables":{"x":2,"y":1}})");
}

TEST_CASE("merge base: what a child gave its parent and then deleted is deleted there [V-18]",
          "[unit][run]") {
    Story story;
    story.run("p").child("c", "p").set("c", "x", "1").merge("p", "c", "child_wins");
    CHECK(story.value("p", "x") == "1");
    story.erase("c", "x").merge("p", "c", "child_wins");
    CHECK(story.values("p") == R"({"intermediate":{},"variables":{}})");
}

TEST_CASE("merge base: siblings meet at the earlier of their fork points [V-18]", "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").set("a", "x", "2").set("a", "x", "3");
    story.fork("b", "a", "@2").fork("c", "a", "@3");
    story.merge("b", "c", "manual_review");
    CHECK(base_of(story) == "a@2");
    CHECK(story.value("b", "x") == "2");
}

TEST_CASE("merge base: forks of forks meet where their lines do [V-18]", "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").fork("b", "a").set("b", "x", "2").fork("c", "b");
    story.set("c", "x", "3")
        .fork("d", "c")
        .set("d", "x", "4")
        .fork("e", "b", "@1")
        .set("e", "y", "1");
    story.merge("a", "d", "manual_review");
    CHECK(base_of(story) == "a@2");
    CHECK(story.value("a", "x") == "4");
    story.merge("e", "d", "manual_review");
    CHECK(base_of(story) == "b@1");
    CHECK(story.values("e") == R"({"intermediate":{},"variables":{"x":4,"y":1}})");
    story.merge("b", "d", "manual_review");
    CHECK(base_of(story) == "b@2");
    story.merge("c", "a", "manual_review");  // a took d, and c is no direct pair with it
    CHECK(base_of(story) == "a@2");
    story.check_replay();
}

TEST_CASE(
    "merge base: of a child and its parent it is the recorded version, both ways [V-08] [V-09]",
    "[unit][run]") {
    Story story;
    story.run("p").set("p", "x", "1").set("p", "y", "1").child("c", "p");
    CHECK(story.now("c")->variables.find("x")->source == Source::kParent);
    story.set("c", "x", "2").set("p", "y", "2");
    CHECK(story.value("p", "x") == "1");  // a child's writes are its own until they merge
    Story down = story;
    story.merge("p", "c", "manual_review");
    CHECK(base_of(story) == "p@3");
    CHECK(story.values("p") == R"({"intermediate":{},"variables":{"x":2,"y":2}})");
    down.merge("c", "p", "manual_review");
    CHECK(base_of(down) == "p@3");
    CHECK(down.values("c") == R"({"intermediate":{},"variables":{"x":2,"y":2}})");
}

TEST_CASE("merge base: what a child never inherited it has not deleted [V-08] [V-09]",
          "[unit][run]") {
    Story story;
    story.run("p").set("p", "x", "1").set("p", "y", "1").set("p", "i", "1", "intermediate");
    story.child("c", "p", R"(,"inherit":["x"])").child("d", "p", R"(,"inherit":"none")");
    story.set("c", "z", "1").fork("f", "c").set("f", "z", "2").set("d", "own", "1");
    Story deep = story;
    story.merge("p", "c", "child_wins");
    CHECK(story.values("p") == R"({"intermediate":{"i":1},"variables":{"x":1,"y":1,"z":1}})");
    story.erase("c", "x").merge("p", "c", "child_wins");  // inherited, so this is a deletion
    CHECK(story.values("p") == R"({"intermediate":{"i":1},"variables":{"y":1,"z":1}})");
    deep.merge("p", "f", "child_wins");  // a fork of the child
    CHECK(deep.values("p") == R"({"intermediate":{"i":1},"variables":{"x":1,"y":1,"z":2}})");
    deep.merge("c", "d", "child_wins");  // a sibling that inherited nothing
    CHECK(deep.values("c") == R"({"intermediate":{},"variables":{"own":1,"x":1,"z":1}})");
}

TEST_CASE("merge base: what a child took over from its parent it can delete there [V-08]",
          "[unit][run]") {
    Story story;
    story.run("p").set("p", "old", "1").child("c", "p", R"(,"inherit":"none")");
    story.set("p", "k", "1").merge("c", "p", "child_wins");
    CHECK(story.values("c") == R"({"intermediate":{},"variables":{"k":1}})");
    story.erase("c", "k").merge("p", "c", "child_wins");
    CHECK(story.values("p") == R"({"intermediate":{},"variables":{"old":1}})");
}

TEST_CASE("merge base: a grandchild's line leads through its parent [V-08]", "[unit][run]") {
    Story story;
    story.run("p").set("p", "x", "1").child("c", "p").set("c", "x", "2").child("g", "c");
    story.set("g", "x", "3").set("g", "y", "1");
    story.merge("p", "g", "manual_review");
    CHECK(base_of(story) == "p@2");
    CHECK(story.values("p") == R"({"intermediate":{},"variables":{"x":3,"y":1}})");
    story.merge("c", "p", "manual_review");
    CHECK(base_of(story) == "p@2");
    CHECK(story.value("c", "x") == "2");
    CHECK(story.now("c")->conflicts.size() == 1);
}

TEST_CASE("merge base: a fork takes no merge history with it [V-18]", "[unit][run]") {
    Story story;
    story.run("a")
        .set("a", "x", "1")
        .fork("b", "a")
        .set("b", "x", "2")
        .merge("a", "b", "child_wins");
    story.fork("f", "a").set("b", "y", "1").merge("f", "b", "manual_review");
    CHECK(base_of(story) == "a@2");
    CHECK(story.values("f") == R"({"intermediate":{},"variables":{"x":2,"y":1}})");
}
