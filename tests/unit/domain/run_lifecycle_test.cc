// The life of a run: start, status, steps, names, usage.
#include "tests/unit/domain/given.h"

namespace skein::domain {

namespace {

const Line kRun{"StartRun r"};

Line step(const std::string& type, const std::string& id, const std::string& more = "") {
    return {type + " r", R"({"step":")" + id + "\"" + more + "}"};
}

// Takes run r to a status.
std::vector<Line> run_that_is(const std::string& status) {
    if (status == "pending" || status == "initializing") {
        return {{"StartRun r", R"({"status":")" + status + R"("})"}};
    }
    if (status == "paused") return {kRun, {"PauseRun r"}};
    if (status == "blocked") return {kRun, {"SetRunStatus r", R"({"status":"blocked"})"}};
    if (status == "failed") return {kRun, {"FailRun r"}};
    if (status == "cancelled") return {kRun, {"CancelRun r"}};
    if (status == "completed") return {kRun, {"CompleteRun r"}};
    return {kRun};
}

// "event" where the command is accepted, else the code.
std::string answer(const std::string& status, const Line& line) {
    Given given(run_that_is(status));
    const std::string rest = line.head.substr(0, line.head.find(' '));
    return given.story().refusal(R"("type":")" + rest + R"(","run":"r")", line.data);
}

}  // namespace

TEST_CASE("run: permissions are kept with effect and priority, in order, also by forks [V-17]",
          "[unit][run]") {
    auto story = given({{"StartRun r", R"({"permissions":[
        {"resource":"x","action":"read","effect":"deny","priority":2,"scope":"swarm"},
        {"resource":"x","action":"read","effect":"allow","priority":10}]})"},
                        {"ForkRun f", R"({"source":"r"})"}});
    const std::string kept =
        R"([{"action":"read","effect":"deny","priority":2,"resource":"x","scope":"swarm"},)"
        R"({"action":"read","effect":"allow","priority":10,"resource":"x"}])";
    CHECK(story.shown("r", "permissions") == kept);
    CHECK(story.shown("f", "permissions") == kept);
}

TEST_CASE("run: it starts with the fields given and nothing else [V-01] [V-02]", "[unit][run]") {
    auto story = given({{"StartRun r", R"({"routine":{"id":"plan","version":"3","critical":true},
        "inputs":{"n":1},"permissions":[{"resource":"x","effect":"deny","priority":2}],
        "limits":{"credits":10}})"}});
    CHECK(story.shown("r", "routine") == R"({"critical":true,"id":"plan","version":"3"})");
    CHECK(story.shown("r", "permissions") == R"([{"effect":"deny","priority":2,"resource":"x"}])");
    CHECK(story.shown("r", "limits") == R"({"credits":10})");
    CHECK(
        story.shown("r", "variables") ==
        R"({"n":{"actor":"tester","mutable":true,"sensitivity":"internal","source":"user","value":1,"version":1}})");
    for (const char* empty : {"intermediate", "exports", "steps", "tags", "checkpoints", "usage"}) {
        CHECK(story.shown("r", empty) == "{}");
    }
    for (const char* null : {"parent", "forked_from", "step", "error", "status_detail"}) {
        CHECK(story.shown("r", null) == "null");
    }
    CHECK(story.shown("r", "conflicts") == "[]");
    CHECK(story.shown("r", "started_at") == "\"1970-01-01T00:00:02.000000Z\"");
}

TEST_CASE("run: an id in use is refused before the expected version [V-01] [V-39]", "[unit][run]") {
    auto story = given({kRun});
    story.when({"StartRun r", "{}", R"(,"expected_version":9)"}).then_rejected("already-exists");
    story.when({"StartRun q", "{}", R"(,"expected_version":9)"}).then_rejected("version-conflict");
    story.when({"StartRun q", "{}", R"(,"expected_version":0)"}).then_events({"RunStarted"});
    story.when({"PauseRun x", "{}", R"(,"expected_version":9)"}).then_rejected("run-not-found");
    story.when({"ResumeRun r", "{}", R"(,"expected_version":9)"}).then_rejected("version-conflict");
    CHECK(story.rejection().context.text() == R"({"actual":1,"expected":9})");
    story.when({"ResumeRun r", "{}", R"(,"expected_version":1)"})
        .then_rejected("illegal-status-change");
}

TEST_CASE("run: static parts have the contract's shape [V-02] [V-16]", "[unit][run]") {
    const auto refused = [](const char* data) {
        return given({}).story().refusal(R"("type":"StartRun","run":"r")", data);
    };
    CHECK(refused(R"({"limits":{"credit":1}})") == "unknown-field");
    CHECK(refused(R"({"limits":{"credits":-1}})") == "invalid-field");
    CHECK(refused(R"({"routine":{"version":"3"}})") == "missing-field");
    CHECK(refused(R"({"routine":{"id":"x","version":3}})") == "invalid-field");
    CHECK(refused(R"({"permissions":{}})") == "invalid-field");
    CHECK(refused(R"({"status":"blocked"})") == "invalid-field");
    CHECK(refused(R"({"inputs":{"":1}})") == "invalid-key");
}

TEST_CASE("run: its status changes along the lines of the contract alone [V-13]", "[unit][run]") {
    const std::string no = "illegal-status-change";
    const std::string done = "run-already-finished";
    const std::string yes = "accepted";
    struct Row {
        std::string status;
        std::string to_initializing, to_running, to_blocked, pause, resume, start_step, fail;
    };
    const std::string idle = "run-not-running";
    for (const Row& row :
         std::vector<Row>{{"pending", yes, yes, no, no, no, yes, yes},
                          {"initializing", no, yes, no, no, no, yes, yes},
                          {"running", no, no, yes, yes, no, yes, yes},
                          {"paused", no, no, no, no, yes, idle, yes},
                          {"blocked", no, yes, no, no, no, idle, yes},
                          {"failed", done, done, done, done, done, done, done},
                          {"completed", done, done, done, done, done, done, done},
                          {"cancelled", done, done, done, done, done, done, done}}) {
        CAPTURE(row.status);
        const auto set = [&](const char* to) {
            return answer(row.status,
                          {"SetRunStatus r", std::string(R"({"status":")") + to + "\"}"});
        };
        CHECK(set("initializing") == row.to_initializing);
        CHECK(set("running") == row.to_running);
        CHECK(set("blocked") == row.to_blocked);
        CHECK(answer(row.status, {"PauseRun r"}) == row.pause);
        CHECK(answer(row.status, {"ResumeRun r"}) == row.resume);
        CHECK(answer(row.status, step("StartStep", "a")) == row.start_step);
        CHECK(answer(row.status, {"FailRun r"}) == row.fail);
        CHECK(answer(row.status, {"CancelRun r"}) == row.fail);
        CHECK(answer(row.status, {"TagRun r", R"({"name":"t"})"}) == yes);
        CHECK(answer(row.status, {"CheckpointRun r", R"({"name":"t"})"}) == yes);
    }
}

TEST_CASE("run: errors and details of a status are shown [V-13]", "[unit][run]") {
    auto story = given({kRun, {"SetRunStatus r", R"({"status":"blocked","detail":{"on":"x"}})"}});
    CHECK(story.shown("r", "status_detail") == R"({"on":"x"})");
    story.when({"FailRun r", R"({"error":{"code":7}})"}).then_data(R"({"error":{"code":7}})");
    CHECK(story.shown("r", "status") == "\"failed\"");
    CHECK(story.shown("r", "error") == R"({"code":7})");
    CHECK(story.shown("r", "status_detail") == "null");
}

TEST_CASE("steps: `step` is the last started among those that run [V-12] [V-14]", "[unit][run]") {
    auto story =
        given({kRun, step("StartStep", "a", R"(,"type":"process")"), step("StartStep", "b")});
    CHECK(story.shown("r", "step") == "\"b\"");
    story.when(step("CompleteStep", "b", R"(,"output":[1])")).then_events({"StepCompleted"});
    CHECK(story.shown("r", "step") == "\"a\"");
    CHECK(story.shown("r", "steps") ==
          R"({"a":{"detail":null,"ended":null,"started":2,"status":"running","type":"process"},)"
          R"("b":{"detail":null,"ended":4,"started":3,"status":"completed","type":null}})");
    CHECK(
        story.shown("r", "intermediate") ==
        R"({"b":{"actor":"tester","mutable":true,"sensitivity":"internal","source":"step","value":[1],"version":4}})");
    story.when(step("FailStep", "a", R"(,"error":"why")")).then_events({"StepFailed"});
    CHECK(story.shown("r", "step") == "null");
    CHECK(story.run("r").steps.find("a")->detail.text() == "\"why\"");
}

TEST_CASE("steps: one that ended starts again, its new output replaces [V-06] [V-14]",
          "[unit][run]") {
    auto story = given({kRun, step("StartStep", "a"), step("CompleteStep", "a", R"(,"output":1)"),
                        step("StartStep", "a"), step("CompleteStep", "a")});
    CHECK(story.story().value("r", "a", run::Area::kIntermediate) == "1");
    story.when(step("StartStep", "a")).then_events({"StepStarted"});
    story.when(step("CompleteStep", "a", R"(,"output":2)")).then_events({"StepCompleted"});
    CHECK(story.story().value("r", "a", run::Area::kIntermediate) == "2");
}

TEST_CASE("steps: UpdateStep lists, ends and sets going without being the last start [V-14]",
          "[unit][run]") {
    auto story = given({kRun, step("UpdateStep", "a", R"(,"status":"pending")")});
    CHECK(story.shown("r", "steps") ==
          R"({"a":{"detail":null,"ended":null,"started":null,"status":"pending","type":null}})");
    story.when(step("StartStep", "b")).then_events({"StepStarted"});
    story.when(step("UpdateStep", "a", R"(,"status":"running","detail":5)"))
        .then_events({"StepUpdated"});
    CHECK(story.shown("r", "step") == "\"b\"");
    CHECK(story.run("r").steps.find("a")->started == Version(4));
    story.when(step("UpdateStep", "b", R"(,"status":"blocked")")).then_events({"StepUpdated"});
    CHECK(story.shown("r", "step") == "\"a\"");
    story.when(step("StartStep", "b")).then_events({"StepStarted"});
    CHECK(story.shown("r", "step") == "\"b\"");
    story.when(step("UpdateStep", "b", R"(,"status":"skipped")")).then_events({"StepUpdated"});
    CHECK(story.run("r").steps.find("b")->ended == Version(7));
    story.when(step("UpdateStep", "b", R"(,"status":"running")"))
        .then_rejected("step-already-ended");
    story.when(step("UpdateStep", "c", R"(,"status":"completed")")).then_rejected("invalid-field");
}

TEST_CASE("usage: it adds up, and the event says which limits it crossed [V-16]", "[unit][run]") {
    auto story = given({{"StartRun r", R"({"limits":{"credits":10,"tool_calls":1}})"}});
    const auto use = [](const char* usage) {
        return Line{"RecordUsage r", std::string(R"({"usage":)") + usage + "}"};
    };
    story.when(use(R"({"credits":10})")).then_data(R"({"crossed":[],"usage":{"credits":10}})");
    story.when(use(R"({"credits":0.5,"tool_calls":2,"branches":7})"))
        .then_data(
            R"({"crossed":["credits","tool_calls"],"usage":{"branches":7,"credits":0.5,"tool_calls":2}})");
    story.when(use(R"({"credits":1})")).then_data(R"({"crossed":[],"usage":{"credits":1}})");
    CHECK(story.shown("r", "usage") == R"({"branches":7,"credits":11.5,"tool_calls":2})");
    story.when(use("{}")).then_rejected("empty-command");
    story.when(use(R"({"credits":-1})")).then_rejected("invalid-field");
    // A double would take another one for it.
    story.when(use(R"({"tool_calls":9007199254740993})")).then_rejected("invalid-field");
    story.when(use(R"({"tool_calls":9007199254740992})"))
        .then_data(R"({"crossed":[],"usage":{"tool_calls":9007199254740992}})");
}

TEST_CASE("names: tags and checkpoints stand apart, each unique, at their own event [V-11]",
          "[unit][run]") {
    auto story = given({kRun, {"FailRun r"}, {"TagRun r", R"({"name":"x"})"}});
    story.when({"CheckpointRun r", R"({"name":"x","description":"d","retention":"7d"})"})
        .then_events({"CheckpointCreated"});
    CHECK(story.shown("r", "tags") == R"({"x":3})");
    CHECK(story.shown("r", "checkpoints") ==
          R"({"x":{"description":"d","retention":"7d","version":4}})");
    story.when({"CheckpointRun r", R"({"name":"x"})"}).then_rejected("name-taken");
    story.when({"TagRun r", R"({"name":"a b"})"}).then_rejected("invalid-id");
}

}  // namespace skein::domain
