#include "engine/replay/blame.h"

#include <catch2/catch.hpp>

#include "tests/unit/runtime/memory_engine.h"

using namespace skein;
using namespace skein::test;

namespace {

// Runs of one swarm, and who gave their variables what they hold.
class Story {
 public:
    Story() { ok(create_swarm("s1")); }

    void ok(const std::string& command) {
        const runtime::Outcome outcome = engine_.send(command);
        INFO(command);
        REQUIRE(outcome.kind == runtime::OutcomeKind::kAccepted);
    }
    void set(std::string_view run, std::string_view key, std::string_view value) {
        ok(set_variable("s1", run, key, value));
    }
    void run(std::string_view command, std::string_view run, std::string_view data) {
        ok(fmt::format(R"({{"type":"{}","swarm":"s1","run":"{}","data":{}}})", command, run, data));
    }
    static Stream stream(std::string_view run) {
        return Stream(fmt::format("swarm/s1/run/{}", run));
    }
    // `key`: "intermediate:k" is k in that area.
    replay::Blame blame(std::string_view run, std::string_view key,
                        std::size_t links_max = 1'000'000, Version version = Version(0)) {
        const std::size_t colon = key.find(':');
        domain::PlacedKey place{"", std::string(key)};
        if (colon != std::string_view::npos)
            place = {std::string(key.substr(0, colon)), std::string(key.substr(colon + 1))};
        if (version.value() == 0) version = engine_.log.stream_head(stream(run));
        return replay::blame(engine_.log, engine_.codec, engine_.folds,
                             {stream(run), version, place, links_max});
    }
    // "how run@version[<from by strategy][-lost@version]", newest first.
    std::string chain(std::string_view run, std::string_view key,
                      std::size_t links_max = 1'000'000) {
        std::string text;
        for (const replay::BlameLink& link : blame(run, key, links_max).chain) {
            if (!text.empty()) text += ", ";
            text += fmt::format("{} {}@{}", link.how, short_name(link.event.stream),
                                link.event.version.value());
            if (link.from) text += fmt::format("<{}", short_name(*link.from));
            if (!link.strategy.empty()) text += fmt::format(" by {}", link.strategy);
            for (const domain::Touch::Lost& lost : link.lost)
                text += fmt::format(" -{}@{}", short_name(lost.stream), lost.version.value());
        }
        return text;
    }

    // An item of the board.
    replay::Blame blame_item(std::string_view id, Timestamp now) {
        const Stream swarm("swarm/s1");
        return replay::blame(
            engine_.log, engine_.codec, engine_.folds,
            {swarm, engine_.log.stream_head(swarm), {"", std::string(id)}, 9, now});
    }

 private:
    static std::string short_name(const Stream& stream) {
        return stream.str().substr(stream.str().rfind('/') + 1);
    }

    MemoryEngine engine_;
};

// r1 and its fork r2, which both changed `k` since.
void fork_apart(Story& story, std::string_view base, std::string_view ours,
                std::string_view theirs) {
    story.ok(start_run("s1", "r1"));
    story.set("r1", "k", base);
    story.run("ForkRun", "r2", R"({"source":"r1"})");
    story.set("r1", "k", ours);
    story.set("r2", "k", theirs);
}

}  // namespace

TEST_CASE("blame: a variable and an intermediate result of one name are told apart [V-26] [V-10]",
          "[replay]") {
    Story story;
    story.ok(start_run("s1", "r1"));
    const auto update = [&](std::string_view area, std::string_view change) {
        story.run("UpdateContext", "r1",
                  fmt::format(R"({{"updates":[{{"key":"k","area":"{}",{}}}]}})", area, change));
    };
    update("variables", R"("op":"set","value":10)");
    update("intermediate", R"("op":"set","value":20)");
    CHECK(story.chain("r1", "k") == "set r1@2");
    CHECK(story.blame("r1", "k").value->text() == "10");
    CHECK(story.chain("r1", "intermediate:k") == "set r1@3");
    story.run("StartStep", "r1", R"({"step":"k"})");
    story.run("CompleteStep", "r1", R"({"step":"k","output":99})");
    CHECK(story.chain("r1", "k") == "set r1@2");
    CHECK(story.chain("r1", "intermediate:k") == "step-output r1@5");
    story.run("ForkRun", "r2", R"({"source":"r1"})");
    CHECK(story.chain("r2", "k") == "fork r2@1<r1, set r1@2");
    CHECK(story.chain("r2", "intermediate:k") == "fork r2@1<r1, step-output r1@5");
    update("variables", R"("op":"delete")");
    CHECK(story.chain("r1", "k") == "step-output r1@5");
    CHECK(story.blame("r1", "k").area == "intermediate");
    CHECK(story.blame("r1", "k", 9, Version(5)).area == "variables");
    update("intermediate", R"("op":"delete")");
    CHECK(story.chain("r1", "k") == "delete r1@7");
    CHECK(!story.blame("r1", "k").value);
    CHECK(story.chain("r1", "variables:k") == "delete r1@6");
}

TEST_CASE("blame: an item that has expired has its events, and no value any more [V-26]",
          "[replay]") {
    Story story;
    story.ok(R"({"type":"UpdateBlackboard","swarm":"s1","data":{"set":[)"
             R"({"id":"e","value":2,"expires_at":"2020-01-01T00:00:00Z"}]}})");
    CHECK(story.blame_item("e", *parse_time("2019-12-31T23:59:59Z")).value->text() == "2");
    const replay::Blame expired = story.blame_item("e", *parse_time("2020-01-01T00:00:00Z"));
    CHECK(!expired.value);
    REQUIRE(expired.chain.size() == 1);
    CHECK(expired.chain[0].how == "set");
}

TEST_CASE("blame: a value is followed through appends, forks and restores [V-26]", "[replay]") {
    Story story;
    story.ok(start_run("s1", "r1"));
    story.set("r1", "list", "[1]");
    story.run("UpdateContext", "r1", R"({"updates":[{"key":"list","op":"append","value":2}]})");
    story.set("r1", "other", "1");
    CHECK(story.chain("r1", "list") == "append r1@3, set r1@2");
    story.run("ForkRun", "r2", R"({"source":"r1","at":"@3"})");
    CHECK(story.chain("r2", "list") == "fork r2@1<r1, append r1@3, set r1@2");
    CHECK(story.chain("r2", "list", 2) == "fork r2@1<r1, append r1@3");
    story.set("r2", "list", "[]");
    CHECK(story.chain("r2", "list") == "set r2@2");
    story.run("RestoreRun", "r2", R"({"to":"@1"})");
    CHECK(story.chain("r2", "list") == "restore r2@3<r2, fork r2@1<r1, append r1@3, set r1@2");
    CHECK(story.chain("r2", "nothing").empty());
    story.run("StartRun", "child", R"({"parent":"r1"})");
    CHECK(story.chain("child", "other") == "inherit child@1<r1, set r1@4");
}

TEST_CASE("blame: through a merge, to what gave the value or deleted it [V-26]", "[replay]") {
    Story story;
    story.ok(start_run("s1", "r1"));
    story.set("r1", "other", "1");
    story.run("ForkRun", "r3", R"({"source":"r1"})");
    story.run("UpdateContext", "r3",
              R"({"updates":[{"key":"other","op":"delete"},{"key":"new","op":"set","value":1}]})");
    story.run("MergeRun", "r1", R"({"source":"r3","strategy":"child_wins"})");
    CHECK(story.chain("r1", "new") == "merge r1@3<r3 by child_wins, set r3@2");
    CHECK(story.chain("r1", "other") == "merge r1@3<r3 by child_wins, delete r3@2");

    // The link of a merge names what lost, and where that stood.
    story.set("r3", "new", "7");
    story.set("r1", "new", "8");
    story.run("MergeRun", "r1", R"({"source":"r3","strategy":"child_wins"})");
    CHECK(story.chain("r1", "new") == "merge r1@5<r3 by child_wins -r1@4, set r3@3");
    const auto merged = story.blame("r1", "new");
    REQUIRE(std::holds_alternative<json::Value>(merged.chain.front().lost.front().value));
    CHECK(std::get<json::Value>(merged.chain.front().lost.front().value).text() == "8");
}

TEST_CASE("blame: a merge with resolutions is called by its own strategy [V-26] [V-30]",
          "[replay]") {
    const auto resolved = [](std::string_view resolution) {
        Story story;
        fork_apart(story, "0", "1", "2");
        story.run(
            "MergeRun", "r1",
            fmt::format(R"({{"source":"r2","strategy":"child_wins","resolutions":{{"k":{}}}}})",
                        resolution));
        return story.chain("r1", "k");
    };
    CHECK(resolved(R"("source")") == "merge r1@4<r2 by child_wins -r1@3, set r2@2");
    CHECK(resolved(R"("target")") == "set r1@3");  // what was there stayed
    // The value was made there.
    CHECK(resolved(R"({"value":5})") == "merge r1@4<r2 by child_wins -r2@2 -r1@3");
}

TEST_CASE("blame: where a merge joined two values, both sides' lines are told [V-26] [V-33] [V-36]",
          "[replay]") {
    Story story;
    fork_apart(story, R"({"a":1})", R"({"a":1,"b":2})", R"({"a":1,"c":3})");
    story.run("MergeRun", "r1", R"({"source":"r2","strategy":"merge_objects"})");
    // The fork's own line ends where it set the key; the target's does in its own set.
    CHECK(story.chain("r1", "k") == "merge r1@4<r2 by merge_objects, set r2@2, set r1@3");
    CHECK(story.chain("r1", "k", 2) == "merge r1@4<r2 by merge_objects, set r2@2");

    // Lines that meet again further back are told once from there on.
    Story lists;
    lists.ok(start_run("s1", "r1"));
    lists.set("r1", "k", "[0]");
    lists.run("ForkRun", "r2", R"({"source":"r1"})");
    const std::string_view append = R"({"updates":[{"key":"k","op":"append","value":1}]})";
    lists.run("UpdateContext", "r1", append);
    lists.run("UpdateContext", "r2", append);
    lists.run("MergeRun", "r1", R"({"source":"r2","strategy":"array_concat"})");
    const std::string lines = "append r2@2, append r1@3, fork r2@1<r1, set r1@2";
    // Both appended the same: equal values are no conflict, and nothing came from the other side.
    CHECK(lists.chain("r1", "k") == "append r1@3, set r1@2");
    lists.run("UpdateContext", "r2", append);
    lists.run("UpdateContext", "r1", R"({"updates":[{"key":"k","op":"append","value":5}]})");
    lists.run("MergeRun", "r1", R"({"source":"r2","strategy":"array_concat"})");
    CHECK(lists.chain("r1", "k") ==
          "merge r1@6<r2 by array_concat, append r1@5, append r2@3, " + lines);
    // A set ends both.
    lists.set("r1", "k", "0");
    CHECK(lists.chain("r1", "k") == "set r1@7");
}

TEST_CASE("blame: a restore that merges joins what was there and what comes back [V-26]",
          "[replay]") {
    Story story;
    story.ok(start_run("s1", "r1"));
    story.set("r1", "k", R"({"a":1})");
    story.set("r1", "k", R"({"b":2})");
    story.run("RestoreRun", "r1", R"({"to":"@2","merge":true})");
    CHECK(story.chain("r1", "k") == "restore r1@4<r1, set r1@3, set r1@2");
}

TEST_CASE("blame: through a conflict that was left open and then resolved [V-26] [V-35] [V-38]",
          "[replay]") {
    const auto resolved = [](std::string_view resolution, std::string_view write) {
        Story story;
        fork_apart(story, "0", "1", "2");
        story.run("MergeRun", "r1", R"({"source":"r2","strategy":"manual_review"})");
        CHECK(story.chain("r1", "k") == "set r1@3");  // nothing came of it yet
        if (!write.empty()) story.set("r1", "k", write);
        story.run("ResolveConflict", "r1",
                  fmt::format(R"({{"conflict":"c4.1","resolution":{}}})", resolution));
        return story.chain("r1", "k");
    };
    const std::string open = ", merge r1@4<r2 by manual_review, ";
    CHECK(resolved(R"("source")", "") ==
          "merge r1@5<r2 by manual_review -r1@4" + open + "set r2@2");
    CHECK(resolved(R"("target")", "") ==
          "merge r1@5<r2 by manual_review -r2@2" + open + "set r1@3");
    CHECK(resolved(R"({"value":3})", "") == "merge r1@5<r2 by manual_review -r2@2 -r1@4");
    // The target is the value that was recorded, whatever was written since.
    CHECK(resolved(R"("target")", "9") ==
          "merge r1@6<r2 by manual_review -r2@2 -r1@5" + open + "set r1@3");
    CHECK(resolved(R"("source")", "9") ==
          "merge r1@6<r2 by manual_review -r1@5" + open + "set r2@2");
}

TEST_CASE("blame: a fork that resolves a conflict of its origin names the run it was with [V-26]",
          "[replay]") {
    Story story;
    fork_apart(story, "0", "1", "2");
    story.run("MergeRun", "r1", R"({"source":"r2","strategy":"manual_review"})");
    for (const std::string run : {"source", "target"}) {
        story.run("ForkRun", run, R"({"source":"r1"})");
        story.run("ResolveConflict", run,
                  fmt::format(R"({{"conflict":"c4.1","resolution":"{}"}})", run));
    }
    CHECK(story.chain("source", "k") == "merge source@2<r2 by manual_review -source@1, set r2@2");
    CHECK(story.chain("target", "k") ==
          "merge target@2<r2 by manual_review -r2@2, fork target@1<r1, set r1@3");
}
