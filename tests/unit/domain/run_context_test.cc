// What a run holds: updates, frozen keys, inheritance, exports.
#include "tests/unit/domain/given.h"

namespace skein::domain {

namespace {

Line update(const std::string& list) {
    return {"UpdateContext r", R"({"updates":[)" + list + "]}"};
}

std::string entry_of(Given& story, const std::string& run, const std::string& key) {
    return story.story().now(run)->document({}).find("variables")->find(key)->text();
}

}  // namespace

TEST_CASE("updates: set, append, merge and delete give their values [V-03] [V-05]", "[unit][run]") {
    struct Row {
        std::string before, op, value, after;
    };
    for (const Row& row : std::vector<Row>{{"1", "set", "null", "null"},
                                           {"[1]", "append", "[2]", "[1,[2]]"},
                                           {"\"a\"", "append", "\"b\"", "\"ab\""},
                                           {"", "append", "\"b\"", "[\"b\"]"},
                                           {R"({"a":1,"b":{"c":2}})", "merge",
                                            R"({"a":null,"b":{"d":3}})", R"({"b":{"c":2,"d":3}})"},
                                           {"5", "merge", R"({"a":{"b":null}})", R"({"a":{}})"},
                                           {"", "merge", R"({"a":null,"b":1})", R"({"b":1})"},
                                           {"[1]", "merge", "7", "7"},
                                           {"1", "delete", "", ""},
                                           {"", "delete", "", ""}}) {
        CAPTURE(row.before, row.op, row.value);
        auto story = given(
            {{"StartRun r", row.before.empty() ? "{}" : R"({"inputs":{"k":)" + row.before + "}}"}});
        const std::string value = row.value.empty() ? "" : R"(,"value":)" + row.value;
        story.when(update(R"({"key":"k","op":")" + row.op + "\"" + value + "}"))
            .then_events({"ContextUpdated"});
        CHECK(story.story().value("r", "k") == row.after);
        CHECK(story.run("r").digest() == digest_from_document(story.run("r")));
    }
}

TEST_CASE("updates: they apply in order, all or none [V-05]", "[unit][run]") {
    auto story = given({{"StartRun r", R"({"inputs":{"k":[1]}})"}});
    story
        .when(update(R"({"key":"k","op":"append","value":2},{"key":"k","op":"set","value":"a"},)"
                     R"({"key":"k","op":"append","value":"b"},{"key":"n","op":"set","value":1},)"
                     R"({"key":"n","op":"delete"},{"key":"n","op":"append","value":3})"))
        .then_events({"ContextUpdated"});
    CHECK(story.story().values("r") == R"({"intermediate":{},"variables":{"k":"ab","n":[3]}})");
    story.when(update(R"({"key":"x","op":"set","value":1},{"key":"k","op":"append","value":1})"))
        .then_rejected("not-appendable");
    CHECK(story.story().value("r", "x").empty());
    CHECK(story.run("r").version() == Version(2));
}

TEST_CASE("updates: metadata that is left out keeps its value [V-03]", "[unit][run]") {
    auto story = given({{"StartRun r"}});
    story.when(update(R"({"key":"k","op":"set","value":1,"sensitivity":"pii","source":"system"})"));
    story.when(update(R"({"key":"k","op":"set","value":2})")).then_events({"ContextUpdated"});
    CHECK(
        entry_of(story, "r", "k") ==
        R"({"actor":"tester","mutable":true,"sensitivity":"pii","source":"system","value":2,"version":3})");
    story.when(update(R"({"key":"k","op":"delete"},{"key":"k","op":"set","value":3})"));
    CHECK(
        entry_of(story, "r", "k") ==
        R"({"actor":"tester","mutable":true,"sensitivity":"internal","source":"user","value":3,"version":4})");
}

TEST_CASE("updates: a frozen key takes nothing more, equal or not [V-04]", "[unit][run]") {
    auto story = given({{"StartRun r"}});
    const std::string freeze = R"({"key":"k","op":"set","value":1,"mutable":false})";
    story.when(update(freeze + R"(,{"key":"k","op":"set","value":1})")).then_rejected("key-frozen");
    story.when(update(freeze)).then_events({"ContextUpdated"});
    story.when(update(R"({"key":"k","op":"set","value":1})")).then_rejected("key-frozen");
    story.when(update(R"({"key":"k","op":"delete"})")).then_rejected("key-frozen");
    story.when(update(R"({"key":"k","op":"set","value":1,"mutable":true})"))
        .then_rejected("key-frozen");
    story.when(update(R"({"area":"intermediate","key":"k","op":"set","value":1,"mutable":false})"))
        .then_events({"ContextUpdated"});
    story.when({"StartStep r", R"({"step":"k"})"}).then_events({"StepStarted"});
    story.when({"CompleteStep r", R"({"step":"k","output":1})"}).then_rejected("key-frozen");
    story.when({"CompleteStep r", R"({"step":"k"})"}).then_events({"StepCompleted"});
}

TEST_CASE("updates: one that asks for nothing sensible is refused [V-05]", "[unit][run]") {
    auto story = given({{"StartRun r"}});
    story.when(update("")).then_rejected("empty-command");
    story.when(update(R"({"key":"k","op":"delete","value":1})")).then_rejected("invalid-field");
    story.when(update(R"({"key":"k","value":1})")).then_rejected("missing-field");
    story.when(update(R"({"key":"k","op":"set","value":1,"source":"me"})"))
        .then_rejected("invalid-field");
    story.when(update(R"({"key":"k","op":"set","value":1,"area":"exports"})"))
        .then_rejected("invalid-field");
}

TEST_CASE("children: they inherit the parent as it was, and write apart [V-08] [V-09] [V-15]",
          "[unit][run]") {
    auto story =
        given({{"StartRun r", R"({"inputs":{"a":1,"b":2}})"},
               {"UpdateContext r",
                R"({"updates":[{"key":"a","op":"set","value":5,"sensitivity":"secret"}]})"},
               {"StartRun c", R"({"parent":"r","inputs":{"b":9}})"}});
    CHECK(story.shown("c", "parent") == R"({"run":"r","version":2})");
    CHECK(
        entry_of(story, "c", "a") ==
        R"({"actor":"tester","mutable":true,"sensitivity":"secret","source":"parent","value":5,"version":1})");
    CHECK(story.story().value("c", "b") == "9");
    story.when({"UpdateContext c", R"({"updates":[{"key":"a","op":"set","value":6}]})"});
    CHECK(story.story().value("r", "a") == "5");
    CHECK(story.run("r").variables.find("a")->source == run::Source::kUser);
    CHECK(story.run("c").digest() == digest_from_document(story.run("c")));
    story.story().check_replay();
}

TEST_CASE("children: `inherit` chooses what they take over [V-08]", "[unit][run]") {
    const std::vector<Line> before{{"StartRun r", R"({"inputs":{"a":1,"b":2}})"},
                                   {"UpdateContext r",
                                    R"({"updates":[{"key":"f","op":"set","value":0,"mutable":false},
                        {"area":"intermediate","key":"i","op":"set","value":1}]})"}};
    const auto values = [&](const std::string& inherit) {
        auto story = given(before);
        story.when({"StartRun c", R"({"parent":"r","inherit":)" + inherit + "}"})
            .then_events({"RunStarted"});
        return story.story().values("c");
    };
    CHECK(values("\"all\"") == R"({"intermediate":{},"variables":{"a":1,"b":2,"f":0}})");
    CHECK(values("\"none\"") == R"({"intermediate":{},"variables":{}})");
    CHECK(values(R"(["b","b"])") == R"({"intermediate":{},"variables":{"b":2}})");
    auto story = given(before);
    story.when({"StartRun c", R"({"parent":"r","inputs":{"f":0}})"}).then_rejected("key-frozen");
    story.when({"StartRun c", R"({"parent":"r","inherit":["a"],"inputs":{"f":0}})"})
        .then_events({"RunStarted"});
    story.when({"StartRun d", R"({"parent":"r","inherit":"some"})"}).then_rejected("invalid-field");
    story.when({"StartRun d", R"({"parent":"d"})"}).then_rejected("parent-not-found");
}

TEST_CASE("exports: marks name keys that are there, the last one holds [V-45]", "[unit][run]") {
    auto story = given({{"StartRun r", R"({"inputs":{"k":{"a":1}}})"}});
    story
        .when({"MarkForExport r",
               R"({"key":"k","destination":"external_system","transformation":"/a"})"})
        .then_events({"ExportMarked"});
    CHECK(story.shown("r", "exports") ==
          R"({"k":{"destination":"external_system","transformation":"/a"}})");
    story.when({"MarkForExport r", R"({"key":"k","destination":"parent_context"})"});
    CHECK(story.shown("r", "exports") == R"({"k":{"destination":"parent_context"}})");
    story.when({"MarkForExport r", R"({"key":"k","destination":"mars"})"})
        .then_rejected("invalid-field");
    story
        .when({"MarkForExport r", R"({"key":"k","destination":"blackboard","transformation":"a"})"})
        .then_rejected("invalid-field");
}

TEST_CASE("exports: secret and pii stay unless the swarm allows the key [V-51]", "[unit][run]") {
    const Line secret{"UpdateContext r",
                      R"({"updates":[{"key":"k","op":"set","value":1,"sensitivity":"pii"}]})"};
    const auto mark = [](const std::string& destination) {
        return Line{"MarkForExport r", R"({"key":"k","destination":")" + destination + "\"}"};
    };
    auto story = given({{"StartRun r"}, secret});
    story.when(mark("blackboard")).then_rejected("export-forbidden");
    story.when(mark("external_system")).then_rejected("export-forbidden");
    story.when(mark("persistent_store")).then_events({"ExportMarked"});
    story.when(mark("parent_context")).then_events({"ExportMarked"});
    story.when({"UpdateSwarm", R"({"config":{"exports_allowed":["x","k"]}})"});
    story.when(mark("blackboard")).then_events({"ExportMarked"});
}

}  // namespace skein::domain
