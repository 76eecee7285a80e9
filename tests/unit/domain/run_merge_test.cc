#include <catch2/catch.hpp>
#include <string>

#include "engine/domain/run/merge_choice.h"
#include "tests/unit/domain/story.h"

using namespace skein;
using namespace skein::domain;
using namespace skein::domain::run;

namespace {

// Empty text deletes the key, or never sets it.
void put(Story& story, const std::string& run, const std::string& json) {
    if (json.empty()) {
        story.erase(run, "x");
    } else {
        story.set(run, "x", json);
    }
}

// Run `a` has x as `base`, `b` is its fork; then `b` (the source) and, later, `a` make of it what
// the two say.
void fork_and_change(Story& story, const std::string& base, const std::string& source,
                     const std::string& target) {
    story.run("a");
    if (!base.empty()) story.set("a", "x", base);
    story.fork("b", "a");
    put(story, "b", source);
    put(story, "a", target);
}

std::string lost_of(const MergedKey& merged) {
    std::string all;
    for (std::size_t i = 0; i < merged.lost.size(); ++i) {
        all += merged.lost_at[i].run + "@" + std::to_string(merged.lost_at[i].version.value()) +
               "=" + std::get<json::Value>(merged.lost[i]).text() + " ";
    }
    return all;
}

struct StrategyRow {
    const char* strategy;
    const char* base;
    const char* source;
    const char* target;
    const char* value;
    const char* result;
    const char* lost;
};

std::string big(char letter) { return "\"" + std::string(2000, letter) + "\""; }

}  // namespace

TEST_CASE(
    "merge: each strategy decides a key that both sides changed [V-30] [V-31] [V-32] [V-33] "
    "[V-34] [V-36]",
    "[unit][run]") {
    const StrategyRow rows[] = {
        {"child_wins", "1", "2", "3", "2", "taken", "a@3=3 "},
        {"child_wins", "", "2", "3", "2", "taken", "a@2=3 "},
        {"child_wins", "1", "", "3", "", "deleted", "a@3=3 "},
        {"child_wins", "1", "2", "", "2", "taken", ""},
        {"parent_wins", "1", "2", "3", "3", "kept", "b@2=2 "},
        {"parent_wins", "1", "", "3", "3", "kept", ""},
        {"parent_wins", "1", "2", "", "", "kept", "b@2=2 "},
        {"merge_objects", R"({"p":1})", R"({"p":1,"q":2})", R"({"p":1,"r":3})",
         R"({"p":1,"q":2,"r":3})", "combined", ""},
        {"merge_objects", R"({"p":1})", R"({"p":2,"q":1})", R"({"p":3,"r":1})",
         R"({"p":2,"q":1,"r":1})", "combined", "a@3={\"p\":3,\"r\":1} "},
        {"merge_objects", R"({"p":1})", R"({"p":2})", R"({"p":3})", R"({"p":2})", "taken",
         "a@3={\"p\":3} "},
        {"merge_objects", R"({"p":1,"q":1})", R"({"p":2,"q":1})", R"({"p":2,"q":2})",
         R"({"p":2,"q":2})", "kept", ""},
        {"merge_objects", "1", "2", "3", "2", "taken", "a@3=3 "},
        {"merge_objects", R"({"p":1})", "", R"({"p":2})", "", "deleted", "a@3={\"p\":2} "},
        {"array_concat", "[1]", "[1,2]", "[1,3]", "[1,3,2]", "combined", ""},
        {"array_concat", "[1]", "[]", "[1,3]", "[1,3]", "kept", ""},
        {"array_concat", "[1]", "[1,2]", "[]", "[2]", "combined", ""},
        {"array_concat", "[1]", "7", "[1,3]", "7", "taken", "a@3=[1,3] "},
        {"keep_latest", "1", "2", "3", "3", "kept", "b@2=2 "},
        {"keep_latest", "1", "", "3", "3", "kept", ""},
        {"keep_latest", "1", "2", "", "", "kept", "b@2=2 "},
    };
    for (const StrategyRow& row : rows) {
        CAPTURE(row.strategy, row.base, row.source, row.target);
        Story story;
        fork_and_change(story, row.base, row.source, row.target);
        story.merge("a", "b", row.strategy);
        CHECK(story.value("a", "x") == row.value);
        const MergeFacts& facts = story.last_body<RunMerged>().facts;
        REQUIRE(facts.keys.size() == 1);
        CHECK(to_string(facts.keys[0].result) == row.result);
        CHECK(to_string(*facts.keys[0].strategy) == row.strategy);
        CHECK(lost_of(facts.keys[0]) == row.lost);
        CHECK(story.now("a")->conflicts.empty());
        story.check_replay();
    }
}

TEST_CASE("merge: what one side alone changed is taken, whatever the strategy [V-30]",
          "[unit][run]") {
    for (const char* strategy : {"child_wins", "parent_wins", "merge_objects", "array_concat",
                                 "keep_latest", "explicit_mapping", "manual_review"}) {
        CAPTURE(strategy);
        Story story;
        story.run("a").set("a", "changed", "1").set("a", "gone", "1").set("a", "both", "1");
        story.set("a", "mine", "1").set("a", "lost", "1").set("a", "step", "1", "intermediate");
        story.fork("b", "a");
        story.set("b", "changed", "2")
            .erase("b", "gone")
            .set("b", "both", "5")
            .set("b", "new", "6");
        story.set("b", "step", "2", "intermediate").set("b", "own", "3", "intermediate");
        story.set("a", "mine", "7").erase("a", "lost").set("a", "both", "5.0");
        story.merge("a", "b", strategy);
        CHECK(
            story.values("a") ==
            R"({"intermediate":{"own":3,"step":2},"variables":{"both":5,"changed":2,"mine":7,"new":6}})");
        std::string keys;
        for (const MergedKey& merged : story.last_body<RunMerged>().facts.keys) {
            CHECK(!merged.strategy);
            CHECK(merged.lost.empty());
            keys += std::string(to_string(merged.area)) + "/" + merged.key + "=" +
                    std::string(to_string(merged.result)) + " ";
        }
        CHECK(keys ==
              "variables/changed=taken variables/gone=deleted variables/new=taken "
              "intermediate/own=taken intermediate/step=taken ");
        story.check_replay();
    }
}

TEST_CASE("merge: keep_latest goes by the position of the event, not by the run [V-34]",
          "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").set("a", "y", "1").set("a", "z", "1").fork("b", "a");
    story.set("a", "x", "2").set("b", "x", "3");  // the source is later
    story.set("b", "y", "3").set("a", "y", "2");  // the target is later
    story.set("a", "z", "9").erase("b", "z");     // a deletion is an event as well
    story.set("b", "unrelated", "1");
    story.merge("a", "b", "keep_latest");
    CHECK(story.values("a") == R"({"intermediate":{},"variables":{"unrelated":1,"x":3,"y":2}})");
}

TEST_CASE("merge: a deletion counts with its own event, not with its run's last [V-34]",
          "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").set("a", "y", "1").fork("b", "a");
    story.erase("a", "x").set("b", "x", "2").set("a", "unrelated", "1");
    story.erase("b", "y").set("a", "y", "2").set("b", "unrelated too", "1");
    story.merge("a", "b", "keep_latest");
    CHECK(story.value("a", "x") == "2");
    CHECK(story.value("a", "y") == "2");
    story.check_replay();
}

TEST_CASE("merge: keep_latest knows of a deletion by a restore, and before a later merge [V-34]",
          "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").fork("b", "a");
    story.erase("a", "x").set("a", "x", "2");
    story.accept(R"("type":"RestoreRun","run":"a")", R"({"to":"@1"})");  // takes x out again
    story.set("b", "x", "3").set("a", "unrelated", "1");
    story.merge("a", "b", "keep_latest");
    CHECK(story.value("a", "x") == "3");
}

TEST_CASE("merge: keep_latest takes a restored value with the position of the restore [V-34]",
          "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").set("a", "x", "2").fork("b", "a");
    story.set("b", "x", "3");
    story.accept(R"("type":"RestoreRun","run":"a")", R"({"to":"@2"})");
    story.merge("a", "b", "keep_latest");
    CHECK(story.value("a", "x") == "1");
}

TEST_CASE("merge: fast_forward is rejected unless the target is as the base has it [V-30]",
          "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").set("a", "y", "1", "intermediate").fork("b", "a");
    story.set("b", "x", "2").set("b", "new", "3", "intermediate");
    story.set("a", "other", "1");
    CHECK(story.refused_merge("a", "b", "fast_forward") == "not-fast-forward");
    story.erase("a", "other").set("a", "y", "5", "intermediate");
    CHECK(story.refused_merge("a", "b", "fast_forward") == "not-fast-forward");
    story.set("a", "y", "1", "intermediate");  // by value: as it was
    story.merge("a", "b", "fast_forward");
    CHECK(story.values("a") == R"({"intermediate":{"new":3,"y":1},"variables":{"x":2}})");
    CHECK(story.values("a") == story.values("b"));
}

TEST_CASE("merge: explicit_mapping decides key by key, the rest stays open [V-37]", "[unit][run]") {
    Story story;
    story.run("a");
    for (const char* key : {"p", "q", "r", "s"}) story.set("a", key, "[1]");
    story.set("a", "p", "[1]", "intermediate").fork("b", "a");
    for (const char* key : {"p", "q", "r", "s"})
        story.set("b", key, "[1,2]").set("a", key, "[1,3]");
    story.set("b", "p", "[2]", "intermediate").set("a", "p", "[3]", "intermediate");
    story.merge(
        "a", "b", "explicit_mapping",
        R"(,"mapping":{"p":"child_wins","q":"array_concat","r":"manual_review","zz":"child_wins"})");
    CHECK(story.values("a") ==
          R"({"intermediate":{"p":[3]},"variables":{"p":[1,2],"q":[1,3,2],"r":[1,3],"s":[1,3]}})");
    CHECK(story.now("a")->conflicts.size() ==
          3);  // r, s, and p of intermediate: variables alone map
    story.check_replay();
}

TEST_CASE(
    "merge: manual_review leaves conflicts open, in key order, and merges the rest [V-35] "
    "[V-38]",
    "[unit][run]") {
    Story story;
    story.run("a").set("a", "b", "1").set("a", "a", "1").set("a", "free", "1").fork("f", "a");
    story.set("f", "b", "2")
        .erase("f", "a")
        .set("f", "free", "2")
        .set("f", "m", "2", "intermediate");
    story.set("a", "b", "3").set("a", "a", "3").set("a", "m", "3", "intermediate");
    story.merge("a", "f", "manual_review");
    CHECK(story.values("a") == R"({"intermediate":{"m":3},"variables":{"a":3,"b":3,"free":2}})");
    CHECK(
        story.now("a")->document({}).find("conflicts")->text() ==
        R"([{"area":"variables","base":1,"from":"f","id":"c8.1","key":"a","target":3,"version":5},)"
        R"({"area":"variables","base":1,"from":"f","id":"c8.2","key":"b","source":2,"target":3,"version":5},)"
        R"({"area":"intermediate","from":"f","id":"c8.3","key":"m","source":2,"target":3,"version":5}])");
    story.check_replay();
}

TEST_CASE("merge: resolutions win for keys that conflict, and are rejected for others [V-30]",
          "[unit][run]") {
    Story story;
    story.run("a").set("a", "p", "1").set("a", "q", "1").set("a", "r", "1").set("a", "free", "1");
    story.fork("b", "a");
    for (const char* key : {"p", "q", "r"}) story.set("b", key, "2").set("a", key, "3");
    story.set("b", "free", "2");
    for (const char* rest :
         {R"(,"resolutions":{"free":"source"})", R"(,"resolutions":{"none":"target"})"}) {
        CHECK(story.refused_merge("a", "b", "child_wins", rest) == "resolution-without-conflict");
    }
    story.merge("a", "b", "manual_review",
                R"(,"resolutions":{"p":"source","q":"target","r":{"value":{"x":null}}})");
    CHECK(story.values("a") ==
          R"({"intermediate":{},"variables":{"free":2,"p":2,"q":3,"r":{"x":null}}})");
    CHECK(story.now("a")->conflicts.empty());
    const MergeFacts& facts = story.last_body<RunMerged>().facts;
    REQUIRE(facts.keys.size() == 4);
    CHECK(lost_of(facts.keys[3]) == "b@5=2 a@8=3 ");
    CHECK(to_string(facts.keys[3].result) == "combined");
    story.check_replay();
}

TEST_CASE("merge: a resolution is for variables, not for intermediate results of that name [V-30]",
          "[unit][run]") {
    Story story;
    story.run("a").set("a", "m", "1", "intermediate").fork("b", "a");
    story.set("b", "m", "2", "intermediate").set("a", "m", "3", "intermediate");
    CHECK(story.refused_merge("a", "b", "child_wins", R"(,"resolutions":{"m":"source"})") ==
          "resolution-without-conflict");
}

TEST_CASE("merge: metadata travels with the value, equal values keep the target's [V-30]",
          "[unit][run]") {
    Story story;
    story.run("a")
        .set("a", "same", "1")
        .set("a", "taken", "1")
        .set("a", "join", "{}")
        .fork("b", "a");
    story.actor = "bob";
    story.accept(R"("type":"UpdateContext","run":"b")", R"({"updates":[
        {"key":"same","op":"set","value":5,"sensitivity":"secret","source":"step"},
        {"key":"taken","op":"set","value":5,"sensitivity":"pii","source":"system","mutable":false},
        {"key":"join","op":"set","value":{"b":1},"sensitivity":"secret"}]})");
    story.actor = "ann";
    story.set("a", "same", "5").set("a", "join", R"({"a":1})");
    const std::uint64_t same_version = story.now("a")->variables.find("same")->version.value();
    story.actor = "merger";
    story.merge("a", "b", "merge_objects");
    const auto now = story.now("a");
    const Entry& same = *now->variables.find("same");
    CHECK(same.sensitivity == Sensitivity::kInternal);
    CHECK(same.actor == "ann");
    CHECK(same.version.value() == same_version);
    const Entry& taken = *now->variables.find("taken");
    CHECK(taken.sensitivity == Sensitivity::kPii);
    CHECK(taken.source == Source::kSystem);
    CHECK(taken.mutability == Mutability::kFrozen);
    CHECK(taken.actor == "bob");
    CHECK(taken.version == now->version());
    CHECK(taken.position == story.last().meta.position);
    const Entry& joined = *now->variables.find("join");
    CHECK(joined.value.text() == R"({"a":1,"b":1})");
    CHECK(joined.sensitivity == Sensitivity::kSecret);  // it holds something secret from now on
    CHECK(joined.actor == "merger");
    CHECK(joined.position == story.last().meta.position);
}

TEST_CASE("merge: a frozen key is never changed by a merge [V-30]", "[unit][run]") {
    for (const char* change : {"2", ""}) {
        Story story;
        story.run("a").set("a", "x", "1").fork("b", "a");
        put(story, "b", change);
        story.freeze("a", "x", "1");
        CHECK(story.refused_merge("a", "b", "child_wins") == "key-frozen");
        CHECK(story.refused_merge("a", "b", "parent_wins") == "key-frozen");  // nothing conflicts
        story.set("b", "x", "1").merge("a", "b", "child_wins");
        CHECK(story.value("a", "x") == "1");
    }
    Story story;
    story.run("a").set("a", "x", "1").fork("b", "a").set("b", "x", "2").freeze("a", "x", "3");
    CHECK(story.refused_merge("a", "b", "child_wins") == "key-frozen");
    story.merge("a", "b", "manual_review");
    CHECK(story.value("a", "x") == "3");
    CHECK(story.now("a")->conflicts.size() == 1);
    story.set("b", "x", "4").merge("a", "b", "parent_wins");
    CHECK(story.value("a", "x") == "3");
}

TEST_CASE("merge: large values are stored as references that resolve [V-30]", "[unit][run]") {
    Story story;
    fork_and_change(story, big('o'), big('s'), big('t'));
    story.set("b", "y", big('y'));
    story.merge("a", "b", "child_wins");
    CHECK(story.value("a", "x") == big('s'));
    CHECK(story.value("a", "y") == big('y'));
    const MergeFacts& facts = story.last_body<RunMerged>().facts;
    const auto& ref = std::get<ValueRef>(*facts.keys[0].value);
    CHECK(ref.stream.str() == "swarm/s/run/b");
    CHECK(ref.version.value() == 3);
    CHECK(ref.area == "variables");
    CHECK(ref.key == "x");
    CHECK(ref.digest == json::digest(json::Path(), *story.now("b")->find_value("variables", "x")));
    CHECK(std::get<ValueRef>(facts.keys[0].lost[0]).version.value() == 3);  // of a
    CHECK(story.last().body->data().text().size() < 1500);
    story.check_replay();

    Story open;
    fork_and_change(open, big('o'), big('s'), big('t'));
    open.merge("a", "b", "manual_review");
    CHECK(open.last().body->data().text().size() < 1500);
    open.now("a")->conflicts.for_each([](const auto&, const Conflict& conflict) {
        CHECK(conflict.base->text() == big('o'));
        CHECK(conflict.source->text() == big('s'));
        CHECK(conflict.target->text() == big('t'));
    });
    open.check_replay();
}

TEST_CASE("merge: values up to the inline limit stand in the event [V-30]", "[unit][run]") {
    for (const std::size_t bytes : {kInlineValueBytesMax, kInlineValueBytesMax + 1}) {
        Story story;
        const std::string text = "\"" + std::string(bytes - 2, 'x') + "\"";
        story.run("a").fork("b", "a").set("b", "x", text).merge("a", "b", "child_wins");
        const auto& stored = *story.last_body<RunMerged>().facts.keys[0].value;
        CHECK(std::holds_alternative<ValueRef>(stored) == (bytes > kInlineValueBytesMax));
        CHECK(story.value("a", "x") == text);
    }
}

TEST_CASE("merge: a combined value over the limit of one variable is rejected [V-36]",
          "[unit][run]") {
    Story story;
    fork_and_change(story, "[]", "[\"" + std::string(600, 's') + "\"]",
                    "[\"" + std::string(600, 't') + "\"]");
    story.limits.variable_bytes_max = 1000;
    CHECK(story.refused_merge("a", "b", "array_concat") == "variable-too-large");
    story.merge("a", "b", "child_wins");
}

TEST_CASE("merge: with nothing to merge it is accepted, and the base moves [V-30]", "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").fork("b", "a").set("b", "x", "2");
    story.merge("a", "b", "child_wins").merge("a", "b", "child_wins");
    CHECK(story.last_body<RunMerged>().facts.keys.empty());
    CHECK(story.last_body<RunMerged>().facts.base->run == "b");
    CHECK(story.last_body<RunMerged>().facts.base->version.value() == 2);
    CHECK(story.now("a")->merged_from.find("b")->position == story.last().meta.position);
}

TEST_CASE("merge: its event prints the outcome key by key [V-30]", "[unit][run]") {
    Story story;
    fork_and_change(story, "1", "2", "3");
    story.merge("a", "b", "child_wins");
    CHECK(story.last().body->data().text() ==
          R"({"base":{"run":"a","version":2},"keys":[{"area":"variables","key":"x",)"
          R"("lost":[{"run":"a","value":3,"version":3}],"result":"taken","strategy":"child_wins",)"
          R"("value":2}],"source":{"run":"b","version":2},"strategy":"child_wins"})");
}

TEST_CASE("merge: exports, steps, tags and status never merge [V-30]", "[unit][run]") {
    Story story;
    story.run("a").fork("b", "a").set("b", "x", "1");
    story.accept(R"("type":"MarkForExport","run":"b")",
                 R"({"key":"x","destination":"blackboard"})");
    story.accept(R"("type":"StartStep","run":"b")", R"({"step":"one"})");
    story.accept(R"("type":"TagRun","run":"b")", R"({"name":"t"})");
    story.accept(R"("type":"CompleteRun","run":"b")");
    story.merge("a", "b", "child_wins");  // a finished run may be the source
    CHECK(story.value("a", "x") == "1");
    CHECK(story.now("a")->exports.size() == 0);
    CHECK(story.now("a")->steps.size() == 0);
    CHECK(story.now("a")->tags.size() == 0);
    CHECK(story.now("a")->status == RunStatus::kRunning);
}

TEST_CASE("merge: every rule that it can break has its code [V-30] [V-37]", "[unit][run]") {
    Story story;
    story.run("a").set("a", "x", "1").fork("b", "a").run("stranger").run("ended");
    story.accept(R"("type":"FailRun","run":"ended")");
    struct Row {
        const char* target;
        const char* data;
        const char* code;
    };
    const Row rows[] = {
        {"a", R"({"source":"a","strategy":"child_wins"})", "merge-with-itself"},
        {"a", R"({"source":"nobody","strategy":"child_wins"})", "run-not-found"},
        {"nobody", R"({"source":"a","strategy":"child_wins"})", "run-not-found"},
        {"a", R"({"source":"stranger","strategy":"child_wins"})", "no-merge-base"},
        {"ended", R"({"source":"a","strategy":"child_wins"})", "run-already-finished"},
        {"a", R"({"source":"b"})", "missing-field"},
        {"a", R"({"strategy":"child_wins"})", "missing-field"},
        {"a", R"({"source":"b","strategy":"best_wins"})", "invalid-field"},
        {"a", R"({"source":"b","strategy":"child_wins","more":1})", "unknown-field"},
        {"a", R"({"source":"b","strategy":"child_wins","mapping":{}})", "mapping-refused"},
        {"a", R"({"source":"b","strategy":"explicit_mapping","mapping":{"x":"explicit_mapping"}})",
         "mapping-refused"},
        {"a", R"({"source":"b","strategy":"explicit_mapping","mapping":{"x":"fast_forward"}})",
         "mapping-refused"},
        {"a", R"({"source":"b","strategy":"explicit_mapping","mapping":{"x":"none"}})",
         "invalid-field"},
        {"a", R"({"source":"b","strategy":"explicit_mapping","mapping":{"":"child_wins"}})",
         "invalid-key"},
        {"a", R"({"source":"b","strategy":"child_wins","resolutions":{"x":"mine"}})",
         "invalid-field"},
        {"a", R"({"source":"b","strategy":"child_wins","resolutions":{"x":{}}})", "missing-field"},
        {"a", R"({"source":"b","strategy":"child_wins","resolutions":{"x":{"value":1,"y":2}}})",
         "unknown-field"},
        {"a", R"({"source":"b","strategy":"child_wins","resolutions":{"x":"source"}})",
         "resolution-without-conflict"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.data);
        const std::string head = std::string(R"("type":"MergeRun","run":")") + row.target + "\"";
        CHECK(story.refusal(head, row.data) == row.code);
    }
    CHECK(story.refusal(R"("type":"MergeRun","run":"a","expected_version":1)",
                        R"({"source":"b","strategy":"child_wins"})") == "version-conflict");
}
