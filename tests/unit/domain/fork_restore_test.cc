#include <catch2/catch.hpp>
#include <string>

#include "tests/unit/domain/story.h"

using namespace skein;
using namespace skein::domain;
using namespace skein::domain::run;

namespace {

Story& restore(Story& story, const std::string& run, const std::string& data) {
    return story.accept(R"("type":"RestoreRun","run":")" + run + "\"", data);
}

std::string refused(Story& story, const std::string& type, const std::string& data) {
    return story.refusal(R"("type":")" + type + R"(","run":"r")", data);
}

// What a document shows under `member`, as text.
std::string shown(const Story& story, const std::string& run, const std::string& member) {
    return story.now(run)->document({}).find(member)->text();
}

// A run with something of everything, at version 9; a conflict is open in it.
void full_run(Story& story) {
    story.accept(
        R"("type":"StartRun","run":"r")",
        R"({"routine":{"id":"plan","version":"3"},"permissions":["p"],"limits":{"credits":5}})");
    story.set("r", "x", "1").set("r", "i", "1", "intermediate").fork("other", "r");
    story.accept(R"("type":"StartStep","run":"r")", R"({"step":"one","type":"process"})");
    story.accept(R"("type":"MarkForExport","run":"r")",
                 R"({"key":"x","destination":"parent_context"})");
    story.accept(R"("type":"TagRun","run":"r")", R"({"name":"t"})");
    story.accept(R"("type":"RecordUsage","run":"r")", R"({"usage":{"credits":1}})");
    story.set("r", "x", "2").set("other", "x", "3").merge("r", "other", "manual_review");
}

}  // namespace

TEST_CASE("fork: it begins as the source was, without tags, usage and merge history [V-18]",
          "[unit][run]") {
    Story story;
    full_run(story);
    const auto source = story.now("r");
    story.fork("f", "r");
    const auto fork = story.now("f");
    CHECK(story.values("f") == story.values("r"));
    CHECK(fork->variables.map().same_as(source->variables.map()));  // shared, not copied
    CHECK(fork->intermediate.map().same_as(source->intermediate.map()));
    for (const char* member :
         {"exports", "steps", "step", "conflicts", "routine", "permissions", "limits"}) {
        CAPTURE(member);
        CHECK(shown(story, "f", member) == shown(story, "r", member));
        CHECK(shown(story, "f", member).size() > 2);
    }
    for (const char* member : {"tags", "usage", "checkpoints"}) {
        CHECK(shown(story, "f", member) == "{}");
    }
    CHECK(shown(story, "f", "error") == "null");
    CHECK(shown(story, "f", "parent") == "null");
    CHECK(shown(story, "f", "forked_from") == R"({"run":"r","version":9})");
    CHECK(fork->merged_from.empty());
    CHECK(fork->version_of(*fork->variables.find("x")).value() == 1);
    CHECK(fork->first_position == story.last().meta.position);
    story.check_replay();
}

TEST_CASE("fork: any point, any status, and a child's fork has no parent [V-18] [V-26]",
          "[unit][run]") {
    Story story;
    story.run("p").set("p", "x", "1").child("c", "p").set("c", "x", "2").set("c", "x", "3");
    story.accept(R"("type":"TagRun","run":"c")", R"({"name":"t"})");
    story.accept(R"("type":"FailRun","run":"c")", R"({"error":"bad"})");
    story.fork("f", "c", "@2").fork("g", "c", "@tag:t").fork("h", "c");
    CHECK(story.value("f", "x") == "2");
    CHECK(story.value("g", "x") == "3");
    CHECK(shown(story, "g", "forked_from") == R"({"run":"c","version":4})");
    for (const char* run : {"f", "g", "h"}) {
        CHECK(shown(story, run, "status") == "\"running\"");
        CHECK(shown(story, run, "parent") == "null");
        CHECK(shown(story, run, "error") == "null");
    }
}

TEST_CASE("fork: updates are part of its first event [V-18]", "[unit][run]") {
    Story story;
    story.run("r").set("r", "x", "[1]").freeze("r", "ice", "1");
    story.accept(R"("type":"ForkRun","run":"f")",
                 R"({"source":"r","updates":[{"key":"x","op":"append","value":2},
                    {"area":"intermediate","key":"i","op":"set","value":3}]})");
    CHECK(story.version("f") == 1);
    CHECK(story.values("f") == R"({"intermediate":{"i":3},"variables":{"ice":1,"x":[1,2]}})");
    CHECK(story.value("r", "x") == "[1]");
    CHECK(story.last().body->data().text() ==
          R"({"source":{"run":"r","version":3},"updates":[)"
          R"({"area":"variables","key":"x","op":"append","value":2},)"
          R"({"area":"intermediate","key":"i","op":"set","value":3}]})");
    CHECK(story.refusal(R"("type":"ForkRun","run":"g")",
                        R"({"source":"r","updates":[{"key":"ice","op":"set","value":2}]})") ==
          "key-frozen");
    story.check_replay();
}

TEST_CASE("fork: every rule that it can break has its code [V-18]", "[unit][run]") {
    Story story;
    story.run("r").run("used");
    struct Row {
        const char* head;
        const char* data;
        const char* code;
    };
    const char* fork = R"("type":"ForkRun","run":"f")";
    const Row rows[] = {
        {R"("type":"ForkRun","run":"used","expected_version":7)", R"({"source":"r"})",
         "already-exists"},
        {R"("type":"ForkRun","run":"f","expected_version":7)", R"({"source":"r"})",
         "version-conflict"},
        {fork, R"({"source":"nobody"})", "run-not-found"},
        {fork, R"({"source":"f"})", "run-not-found"},
        {fork, R"({"source":"r","at":"@0"})", "fork-at-start"},
        {fork, R"({"source":"r","at":"@9"})", "point-out-of-range"},
        {fork, R"({"source":"r","at":"9"})", "invalid-point"},
        {fork, R"({"source":"r","updates":[]})", "empty-command"},
        {fork, R"({"source":"r","update":[]})", "unknown-field"},
        {fork, R"({})", "missing-field"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.head, row.data);
        CHECK(story.refusal(row.head, row.data) == row.code);
    }
}

TEST_CASE("restore: brings back values, exports, steps and conflicts; the rest stays [V-21] [V-26]",
          "[unit][run]") {
    Story story;
    full_run(story);
    const auto then = story.at("r", 9);
    story.set("r", "x", "5").set("r", "new", "1").erase("r", "i", "intermediate");
    story.accept(R"("type":"CompleteStep","run":"r")", R"({"step":"one","output":1})");
    story.accept(R"("type":"StartStep","run":"r")", R"({"step":"two"})");
    story.accept(R"("type":"ResolveConflict","run":"r")",
                 R"({"conflict":"c9.1","resolution":"source"})");
    story.accept(R"("type":"MarkForExport","run":"r")",
                 R"({"key":"x","destination":"blackboard"})");
    story.accept(R"("type":"CheckpointRun","run":"r")", R"({"name":"late"})");
    story.accept(R"("type":"PauseRun","run":"r")");
    const auto before = story.now("r");
    restore(story, "r", R"({"to":"@9"})");
    for (const char* member : {"exports", "steps", "step", "conflicts"}) {
        CAPTURE(member);
        CHECK(shown(story, "r", member) == then->document({}).find(member)->text());
    }
    CHECK(story.values("r") == then->values({}).text());
    for (const char* member :
         {"status", "tags", "checkpoints", "forked_from", "usage", "routine"}) {
        CAPTURE(member);
        CHECK(shown(story, "r", member) == before->document({}).find(member)->text());
    }
    CHECK(story.now("r")->merged_from.find("other") != nullptr);
    CHECK(story.now("r")->running_steps == std::vector<std::string>{"one"});
    CHECK(story.last().body->data().text() == R"({"merge":false,"to":9})");
    story.check_replay();
}

TEST_CASE("restore: a value that stays equal keeps its version, another gets the new one [V-21]",
          "[unit][run]") {
    for (const char* merge : {"false", "true"}) {
        CAPTURE(merge);
        Story story;
        story.run("r").set("r", "same", "1").set("r", "back", "1").set("r", "away", "1");
        story.set("r", "same", "2").set("r", "same", "1").set("r", "back", "2").erase("r", "away");
        const auto before = story.now("r");
        restore(story, "r", std::string(R"({"to":"@4","merge":)") + merge + "}");
        const auto now = story.now("r");
        CHECK(now->variables.find("same")->version.value() == 6);
        CHECK(now->variables.find("same")->position == before->variables.find("same")->position);
        for (const char* key : {"back", "away"}) {
            CHECK(now->variables.find(key)->value.text() == "1");
            CHECK(now->variables.find(key)->version == now->version());
            CHECK(now->variables.find(key)->position == story.last().meta.position);
        }
        CHECK(now->variables.digest() == story.at("r", 4)->variables.digest());
    }
}

TEST_CASE("restore: metadata comes back, and frozen keys are no obstacle [V-21]", "[unit][run]") {
    Story story;
    story.run("r").set("r", "x", "1").freeze("r", "x", "1").freeze("r", "y", "2");
    restore(story, "r", R"({"to":"@2"})");
    CHECK(story.values("r") == R"({"intermediate":{},"variables":{"x":1}})");
    CHECK(story.now("r")->variables.find("x")->mutability == Mutability::kMutable);
    restore(story, "r", R"({"to":"@4"})");
    CHECK(story.now("r")->variables.find("x")->mutability == Mutability::kFrozen);
    CHECK(story.value("r", "y") == "2");
}

TEST_CASE("restore: merge joins objects, the restored side winning; other keys stay [V-21]",
          "[unit][run]") {
    Story story;
    story.run("r").set("r", "o", R"({"a":{"x":1,"y":null},"l":[1]})").set("r", "s", "1");
    story.set("r", "m", R"({"p":1})", "intermediate");
    story.accept(R"("type":"MarkForExport","run":"r")",
                 R"({"key":"s","destination":"blackboard"})");
    story.accept(
        R"("type":"UpdateContext","run":"r")",
        R"({"updates":[{"key":"o","op":"set","value":{"a":{"x":2,"y":5,"z":3},"l":[2,3],"n":4},
                     "sensitivity":"secret"}]})");
    story.set("r", "s", R"({"now":"object"})").set("r", "kept", "9");
    story.set("r", "m", R"({"q":2})", "intermediate");
    story.accept(R"("type":"MarkForExport","run":"r")",
                 R"({"key":"kept","destination":"blackboard"})");
    restore(story, "r", R"({"to":"@4","merge":true})");
    CHECK(story.values("r") == R"({"intermediate":{"m":{"p":1,"q":2}},"variables":{"kept":9,)"
                               R"("o":{"a":{"x":1,"y":null,"z":3},"l":[1],"n":4},"s":1}})");
    CHECK(story.now("r")->exports.size() == 0);  // merging is for values alone
    CHECK(story.now("r")->variables.find("o")->sensitivity == Sensitivity::kSecret);
    CHECK(story.now("r")->variables.find("s")->sensitivity == Sensitivity::kInternal);
    story.limits.variable_bytes_max = 20;
    CHECK(refused(story, "RestoreRun", R"({"to":"@9","merge":true})") == "variable-too-large");
    story.check_replay();
}

TEST_CASE("restore: the start empties, and a restore can be restored [V-21] [V-26]",
          "[unit][run]") {
    Story story;
    full_run(story);
    const std::string full = story.values("r");
    restore(story, "r", R"({"to":"@0"})");
    CHECK(story.values("r") == R"({"intermediate":{},"variables":{}})");
    for (const char* member : {"exports", "steps"}) CHECK(shown(story, "r", member) == "{}");
    CHECK(shown(story, "r", "conflicts") == "[]");
    CHECK(shown(story, "r", "step") == "null");
    CHECK(shown(story, "r", "tags") == R"({"t":6})");
    restore(story, "r", R"({"to":"@9"})");
    CHECK(story.values("r") == full);
    restore(story, "r", R"({"to":"@0","merge":true})");
    CHECK(story.values("r") == full);
    story.check_replay();
}

TEST_CASE("restore: every rule that it can break has its code [V-21]", "[unit][run]") {
    Story story;
    story.run("r").run("done");
    story.accept(R"("type":"CompleteRun","run":"done")");
    CHECK(refused(story, "RestoreRun", R"({})") == "missing-field");
    CHECK(refused(story, "RestoreRun", R"({"to":7})") == "invalid-field");
    CHECK(refused(story, "RestoreRun", R"({"to":"7"})") == "invalid-point");
    CHECK(refused(story, "RestoreRun", R"({"to":"@7"})") == "point-out-of-range");
    CHECK(refused(story, "RestoreRun", R"({"to":"@tag:no"})") == "point-out-of-range");
    CHECK(refused(story, "RestoreRun", R"({"to":"@1","merge":1})") == "invalid-field");
    CHECK(refused(story, "RestoreRun", R"({"to":"@1","mode":1})") == "unknown-field");
    CHECK(story.refusal(R"("type":"RestoreRun","run":"done")", R"({"to":"@1"})") ==
          "run-already-finished");
    CHECK(story.refusal(R"("type":"RestoreRun","run":"none")", R"({"to":"@1"})") ==
          "run-not-found");
}

TEST_CASE("fork: steps of the source are in order with its own, and are no points of it [V-14]",
          "[unit][run]") {
    Story story;
    story.run("r").set("r", "x", "1").set("r", "x", "2").set("r", "x", "3");
    story.accept(R"("type":"StartStep","run":"r")", R"({"step":"old"})");
    story.fork("f", "r");
    story.accept(R"("type":"StartStep","run":"f")", R"({"step":"new"})");
    CHECK(story.now("f")->steps.find("old")->started == Version(5));
    CHECK(story.now("f")->steps.find("new")->started == Version(2));
    CHECK_FALSE(story.now("f")->named_point("step", "old"));
    const auto there = story.now("f")->named_elsewhere("step", "old");
    REQUIRE(there);
    CHECK(there->stream.str() == "swarm/s/run/r");
    CHECK(there->version == Version(5));
    CHECK_FALSE(story.now("f")->named_elsewhere("step", "new"));
    CHECK_FALSE(story.now("f")->named_elsewhere("step", "none"));
    // Going on, the old one stays before the new one, which started later.
    for (const char* status : {"blocked", "running"})
        story.accept(R"("type":"UpdateStep","run":"f")",
                     std::string(R"({"step":"old","status":")") + status + "\"}");
    CHECK(shown(story, "f", "step") == "\"new\"");
    CHECK(story.now("f")->named_point("step", "old") == Version(4));
    CHECK_FALSE(story.now("f")->named_elsewhere("step", "old"));
    story.check_replay();
}
