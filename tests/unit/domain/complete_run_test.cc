#include <catch2/catch.hpp>
#include <string>

#include "engine/domain/swarm/swarm_events.h"
#include "tests/unit/domain/story.h"

using namespace skein;
using namespace skein::domain;
using namespace skein::domain::run;

namespace {

void mark(Story& story, const std::string& run, const std::string& key,
          const std::string& destination, const std::string& rest = "") {
    story.accept(R"("type":"MarkForExport","run":")" + run + "\"",
                 R"({"key":")" + key + R"(","destination":")" + destination + "\"" + rest + "}");
}

void complete(Story& story, const std::string& run, const std::string& data = "{}") {
    story.accept(R"("type":"CompleteRun","run":")" + run + "\"", data);
}

std::string refused(Story& story, const std::string& run, const std::string& data = "{}") {
    return story.refusal(R"("type":"CompleteRun","run":")" + run + "\"", data);
}

std::string types(const Story& story) {
    std::string all;
    for (const Event& event : story.batch()) all += std::string(event.body->type().name) + " ";
    return all;
}

template <class Body>
const Body& body_of(const Story& story, std::size_t index) {
    return dynamic_cast<const Body&>(*story.batch().at(index).body);
}

// Parent `p` and child `c`, which both have x and y as 1.
void family(Story& story) { story.run("p").set("p", "x", "1").set("p", "y", "1").child("c", "p"); }

std::string big(char letter) { return "\"" + std::string(2000, letter) + "\""; }

}  // namespace

TEST_CASE("complete: outputs become variables and the run ends [V-46]", "[unit][run]") {
    Story story;
    story.run("r").set("r", "x", "1");
    story.actor = "finisher";
    complete(story, "r", R"({"outputs":{"x":2,"y":{"z":[1]}}})");
    CHECK(types(story) == "RunCompleted ");
    CHECK(story.now("r")->status == RunStatus::kCompleted);
    CHECK(story.values("r") == R"({"intermediate":{},"variables":{"x":2,"y":{"z":[1]}}})");
    CHECK(story.now("r")->variables.find("x")->source == Source::kUser);
    CHECK(story.now("r")->variables.find("y")->source == Source::kStep);
    CHECK(story.now("r")->variables.find("y")->actor == "finisher");
    CHECK(story.last().body->data().text() ==
          R"({"deliveries":[],"outputs":{"x":2,"y":{"z":[1]}},"parent_merge":"none"})");
    CHECK(story.last().body->listed_status() == "completed");
    story.check_replay();
}

TEST_CASE("complete: exports to the parent are a whitelist that merges [V-46] [V-08]",
          "[unit][run]") {
    Story story;
    family(story);
    story.set("c", "x", "2").set("c", "y", "2").set("c", "i", "3", "intermediate");
    mark(story, "c", "x", "parent_context");
    mark(story, "c", "i", "parent_context");
    complete(story, "c", R"({"outputs":{"x":5,"other":1}})");
    CHECK(types(story) == "RunCompleted ChildMerged ");
    CHECK(story.values("p") == R"({"intermediate":{"i":3},"variables":{"x":5,"y":1}})");
    const MergeFacts& facts = body_of<ChildMerged>(story, 1).facts;
    CHECK(facts.strategy == Strategy::kChildWins);
    CHECK(facts.source.run == "c");
    CHECK(facts.source.version == story.now("c")->version());
    CHECK(facts.base->run == "p");
    CHECK(facts.base->version.value() == 3);
    CHECK(story.batch()[1].meta.stream.str() == "swarm/s/run/p");
    CHECK(story.now("p")->merged_from.find("c")->version == story.now("c")->version());
    CHECK(body_of<RunCompleted>(story, 0).parent_merge == ParentMerge::kMerged);
    story.check_replay();
}

TEST_CASE("complete: a key deleted in the child merges as a deletion [V-46]", "[unit][run]") {
    Story story;
    family(story);
    story.set("p", "i", "1", "intermediate").child("d", "p");
    story.set("d", "i", "2", "intermediate");
    mark(story, "d", "x", "parent_context");
    mark(story, "d", "i", "parent_context");
    story.erase("d", "x").erase("d", "i", "intermediate");
    complete(story, "d");
    CHECK(story.values("p") == R"({"intermediate":{},"variables":{"y":1}})");
}

TEST_CASE("complete: `merge` chooses how exported keys merge, child_wins else [V-46] [V-30]",
          "[unit][run]") {
    struct Row {
        const char* merge;
        const char* x;
        std::size_t conflicts;
    };
    const Row rows[] = {
        {"", "2", 0},
        {R"("merge":{"strategy":"parent_wins"})", "3", 0},
        {R"("merge":{"strategy":"keep_latest"})", "3", 0},
        {R"("merge":{"strategy":"manual_review"})", "3", 1},
        {R"("merge":{"strategy":"manual_review","resolutions":{"x":{"value":9}}})", "9", 0},
        {R"("merge":{"strategy":"explicit_mapping","mapping":{"x":"parent_wins"}})", "3", 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.merge);
        Story story;
        family(story);
        story.set("c", "x", "2").set("c", "y", "7").set("p", "x", "3");
        mark(story, "c", "x", "parent_context");
        complete(story, "c", std::string("{") + row.merge + "}");
        CHECK(story.value("p", "x") == row.x);
        CHECK(story.value("p", "y") == "1");
        CHECK(story.now("p")->conflicts.size() == row.conflicts);
        story.check_replay();
    }
}

TEST_CASE("complete: an output is the latest value there is [V-34] [V-46]", "[unit][run]") {
    Story story;
    family(story);
    mark(story, "c", "x", "parent_context");
    story.set("p", "x", "3");
    complete(story, "c", R"({"outputs":{"x":4},"merge":{"strategy":"keep_latest"}})");
    CHECK(story.value("p", "x") == "4");
}

TEST_CASE("complete: fast_forward looks at the exported keys alone [V-46]", "[unit][run]") {
    Story story;
    family(story);
    story.set("c", "x", "2").set("p", "y", "5");
    mark(story, "c", "x", "parent_context");
    Story other = story;
    complete(story, "c", R"({"merge":{"strategy":"fast_forward"}})");
    CHECK(story.values("p") == R"({"intermediate":{},"variables":{"x":2,"y":5}})");
    other.set("p", "x", "5");
    CHECK(refused(other, "c", R"({"merge":{"strategy":"fast_forward"}})") == "not-fast-forward");
    CHECK(other.now("c")->status == RunStatus::kRunning);
}

TEST_CASE("complete: the recorded version is the base, also after merges; then it is one [V-46]",
          "[unit][run]") {
    Story story;
    family(story);
    story.set("c", "x", "2").merge("p", "c", "child_wins").set("p", "x", "1");
    mark(story, "c", "x", "parent_context");
    complete(story, "c");
    CHECK(story.value("p", "x") == "2");  // against p@3 only the child changed it
    CHECK(body_of<ChildMerged>(story, 1).facts.base->version.value() == 3);
    story.set("p", "x", "8").merge("p", "c", "child_wins");
    CHECK(story.last_body<RunMerged>().facts.base->run == "c");
    CHECK(story.last_body<RunMerged>().facts.keys.empty());
    CHECK(story.value("p", "x") == "8");
}

TEST_CASE(
    "complete: ChildMerged is appended even if nothing changes, and only if keys are marked "
    "[V-46]",
    "[unit][run]") {
    Story story;
    family(story);
    story.child("d", "p");
    mark(story, "c", "x", "parent_context");
    complete(story, "c");
    CHECK(types(story) == "RunCompleted ChildMerged ");
    CHECK(body_of<ChildMerged>(story, 1).facts.keys.empty());
    complete(story, "d", R"({"merge":{"strategy":"fast_forward","resolutions":{"zz":"source"}}})");
    CHECK(types(story) == "RunCompleted ");  // nothing merges: `merge` has no effect
}

TEST_CASE("complete: after its parent ended a child completes alone, and says so [V-46]",
          "[unit][run]") {
    Story story;
    family(story);
    mark(story, "c", "x", "parent_context");
    mark(story, "c", "y", "blackboard");
    story.accept(R"("type":"CancelRun","run":"p")");
    complete(story, "c");
    CHECK(types(story) == "RunCompleted BlackboardUpdated ");
    CHECK(body_of<RunCompleted>(story, 0).parent_merge == ParentMerge::kParentEnded);
    CHECK(story.batch()[0].body->data().find("parent_merge")->text() == "\"parent_ended\"");
}

TEST_CASE("complete: keys marked blackboard become items, in order run, parent, swarm [V-47]",
          "[unit][run]") {
    Story story;
    family(story);
    story.set("c", "doc", R"({"a":{"b":[1,2]}})").set("c", "large", big('l')).set("c", "gone", "1");
    story.set("c", "deep", R"({"t":)" + big('t') + "}").set("c", "m", "4", "intermediate");
    mark(story, "c", "x", "parent_context");
    mark(story, "c", "doc", "blackboard", R"(,"transformation":"/a/b/1")");
    mark(story, "c", "y", "blackboard", R"(,"transformation":"/nowhere")");
    mark(story, "c", "deep", "blackboard", R"(,"transformation":"/t")");
    mark(story, "c", "m", "blackboard");
    for (const char* key : {"large", "gone"}) mark(story, "c", key, "blackboard");
    story.erase("c", "gone");
    story.accept(R"("type":"UpdateBlackboard")",
                 R"({"set":[{"id":"doc","value":0,"type":"note","tags":["t"]}]})");
    complete(story, "c");
    CHECK(types(story) == "RunCompleted ChildMerged BlackboardUpdated ");
    const auto& board = body_of<swarm::BlackboardUpdated>(story, 2);
    CHECK(board.from_run == "c");
    REQUIRE(board.sets.size() == 4);  // deep, doc, large, m
    CHECK(std::get<ValueRef>(board.sets[2].value).version == story.now("c")->version());
    const auto now = story.swarm();
    CHECK(now->board.find("doc")->value.text() == "2");
    CHECK(now->board.find("doc")->type == "note");
    CHECK(now->board.find("large")->value.text() == big('l'));
    CHECK(now->board.find("deep")->value.text() == big('t'));
    CHECK(now->board.find("m")->value.text() == "4");
    CHECK(now->board.find("y") == nullptr);
    CHECK(now->board.find("gone") == nullptr);
    story.check_replay();
}

TEST_CASE("complete: BlackboardUpdated is appended even where no value is left [V-47]",
          "[unit][run]") {
    Story story;
    story.run("r").set("r", "x", "1");
    mark(story, "r", "x", "blackboard");
    story.erase("r", "x");
    complete(story, "r");
    CHECK(types(story) == "RunCompleted BlackboardUpdated ");
}

TEST_CASE("complete: stores and external systems get deliveries [V-48] [V-49]", "[unit][run]") {
    Story story;
    story.run("r").set("r", "kept", R"({"a":1})").set("r", "sent", big('s')).set("r", "gone", "1");
    mark(story, "r", "kept", "persistent_store", R"(,"transformation":"/a")");
    mark(story, "r", "sent", "external_system");
    mark(story, "r", "gone", "external_system");
    story.erase("r", "gone");
    complete(story, "r", R"({"outputs":{"kept":{"a":2}}})");
    const auto& done = body_of<RunCompleted>(story, 0);
    REQUIRE(done.deliveries.size() == 2);
    CHECK(done.deliveries[0].key == "kept");
    CHECK(done.deliveries[0].destination == Destination::kPersistentStore);
    CHECK(std::get<json::Value>(done.deliveries[0].value).text() == "2");
    CHECK(std::get<ValueRef>(done.deliveries[1].value).key == "sent");
    CHECK(done.data().find("deliveries")->at(0)->text() ==
          R"({"destination":"persistent_store","key":"kept","value":2})");
}

TEST_CASE("complete: the last mark of a key holds [V-45]", "[unit][run]") {
    Story story;
    story.run("r").set("r", "x", "1");
    mark(story, "r", "x", "blackboard");
    mark(story, "r", "x", "persistent_store");
    complete(story, "r");
    CHECK(types(story) == "RunCompleted ");
    CHECK(body_of<RunCompleted>(story, 0).deliveries.size() == 1);
}

TEST_CASE("complete: sensitivity is checked again when the run completes [V-51]", "[unit][run]") {
    for (const char* sensitivity : {"secret", "pii"}) {
        for (const char* destination :
             {"blackboard", "external_system", "persistent_store", "parent_context"}) {
            CAPTURE(sensitivity, destination);
            Story story;
            family(story);
            mark(story, "c", "x", destination);
            story.accept(
                R"("type":"UpdateContext","run":"c")",
                std::string(R"({"updates":[{"key":"x","op":"set","value":1,"sensitivity":")") +
                    sensitivity + R"("}]})");
            const bool leaves = std::string(destination) == "blackboard" ||
                                std::string(destination) == "external_system";
            CHECK(refused(story, "c") == (leaves ? "export-forbidden" : "accepted"));
            if (!leaves) continue;
            story.accept(R"("type":"UpdateSwarm")", R"({"config":{"exports_allowed":["x"]}})");
            complete(story, "c");
        }
    }
}

TEST_CASE("complete: large values merge into the parent as references [V-46]", "[unit][run]") {
    Story story;
    family(story);
    story.set("c", "x", big('x'));
    mark(story, "c", "x", "parent_context");
    mark(story, "c", "y", "parent_context");
    complete(story, "c", R"({"outputs":{"y":)" + big('y') + "}}");
    const MergeFacts& facts = body_of<ChildMerged>(story, 1).facts;
    CHECK(std::get<ValueRef>(*facts.keys[0].value).stream.str() == "swarm/s/run/c");
    CHECK(std::get<ValueRef>(*facts.keys[1].value).version == story.now("c")->version());
    CHECK(story.value("p", "x") == big('x'));
    CHECK(story.value("p", "y") == big('y'));
    story.check_replay();
}

TEST_CASE("complete: every rule that it can break has its code [V-46]", "[unit][run]") {
    Story story;
    family(story);
    story.run("paused").run("done").run("cold");
    story.accept(R"("type":"PauseRun","run":"paused")");
    complete(story, "done");
    story.accept(R"("type":"StartRun","run":"early")", R"({"status":"pending"})");
    story.freeze("c", "ice", "1");
    CHECK(refused(story, "nobody") == "run-not-found");
    CHECK(refused(story, "done") == "run-already-finished");
    CHECK(refused(story, "paused") == "run-not-running");
    CHECK(refused(story, "early") == "run-not-running");
    CHECK(refused(story, "c", R"({"outputs":{"ice":1}})") == "key-frozen");
    CHECK(refused(story, "c", R"({"outputs":{"":1}})") == "invalid-key");
    CHECK(refused(story, "c", R"({"outputs":[]})") == "invalid-field");
    CHECK(refused(story, "c", R"({"merge":{}})") == "missing-field");
    CHECK(refused(story, "c", R"({"merge":{"strategy":"child_wins","mapping":{}}})") ==
          "mapping-refused");
    CHECK(refused(story, "c", R"({"merge":{"strategy":"child_wins","odd":1}})") == "unknown-field");
    story.set("c", "x", "2");
    mark(story, "c", "x", "parent_context");
    story.freeze("p", "x", "1");
    CHECK(refused(story, "c") == "key-frozen");
    CHECK(refused(story, "c",
                  R"({"merge":{"strategy":"child_wins","resolutions":{"y":"source"}}})") ==
          "key-frozen");
    story.accept(R"("type":"ArchiveSwarm")");
    CHECK(refused(story, "c") == "swarm-archived");
}
