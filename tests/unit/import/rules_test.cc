// What each importer makes, on small records written for it.
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "engine/base/ids.h"
#include "tests/unit/import/recorder.h"

using namespace skein;
using namespace skein::import;
using namespace skein::import::testing;
using std::filesystem::path;

namespace {

std::string variable(const RunModel& run, const std::string& name) {
    INFO("variable " << name);
    REQUIRE(run.variables.count(name) == 1);
    return run.variables.at(name).text();
}

}  // namespace

TEST_CASE("import: calls that repeat an id are steps of their own, errors fail them",
          "[unit][import]") {
    const TemporaryFile file("t_trajectories.jsonl",
                             R"({"task_id":7,"trial":2,"reward":0.5,"info":{"k":1},"traj":[
{"role":"assistant","tool_calls":[{"id":"c1"}]},{"role":"tool","name":"f","tool_call_id":"c1","content":"{\"a\": 1}"},
{"role":"assistant","tool_calls":[{"id":"c1"},{"id":"c2"}]},{"role":"tool","tool_call_id":"c1","content":"Error: no"},
{"role":"tool","tool_call_id":"c2","content":"fine"},{"role":"tool","tool_call_id":"c3","content":"1"}]})");
    std::string line;
    {
        std::ifstream in(file.path());
        std::stringstream all;
        all << in.rdbuf();
        for (const char c : all.str())
            if (c != '\n') line += c;
    }
    const TemporaryFile one("u_trajectories.jsonl", line);
    Recorder recorder;
    recorder.import("tau-bench", one.path());
    CHECK(recorder.problems.empty());
    const RunModel& run = recorder.run("tau-7", "trial-2");
    CHECK(run.steps == std::set<std::string>{"c1", "c1~2", "c2"});
    CHECK(run.failed_steps == std::set<std::string>{"c1~2"});
    CHECK(run.outputs.at("c1").text() == R"({"a":1})");
    CHECK(run.outputs.at("c2").text() == R"("fine")");
    CHECK(variable(run, "reward") == "0.5");
    CHECK(elements(run, "messages") == 6);
}

TEST_CASE("import: hand-offs are child runs that the next word of their agent completes",
          "[unit][import]") {
    const TemporaryFile file("hand-crafted/5.json", R"x({"history":[
{"role":"human","content":"q"},{"role":"Orchestrator (thought)","content":"Updated Ledger:\n{\"a\": 1, \"b\": 2}"},
{"role":"Orchestrator (-> WebSurfer)","content":"go"},{"role":"Orchestrator (-> WebSurfer)","content":"go on"},
{"role":"WebSurfer","content":"found"},{"role":"Orchestrator (thought)","content":"Updated Ledger:\n{\"a\": null} x"},
{"role":"Orchestrator (-> Assistant)","content":"think"},
{"role":"Orchestrator (thought)","content":"Updated Ledger:\n{\"a\": null, \"c\": 3}"}],
"level":1,"level":2,"question":"why?","mistake_step":"2"})x");
    Recorder recorder;
    recorder.keep_texts = true;
    recorder.import("who-and-when", file.path());
    CHECK(recorder.problems.empty());
    const RunModel& run = recorder.run("ww-hc-5", "main");
    CHECK(recorder.goals["ww-hc-5"] == "why?");
    CHECK(run.variables.at("labels").find("level")->text() == "2");
    CHECK(recorder.run("ww-hc-5", "h1").status == "completed");
    CHECK(recorder.run("ww-hc-5", "h1").parent == "main");
    CHECK(variable(recorder.run("ww-hc-5", "h2"), "reply.WebSurfer") == R"("found")");
    CHECK(recorder.run("ww-hc-5", "h3").status == "cancelled");
    CHECK(run.status == "completed");
    CHECK(variable(run, "ledger") == R"({"b":2,"c":3})");
    CHECK(recorder.count("JoinSwarm") == 3);
    CHECK(recorder.count("MarkForExport") == 2);
    CHECK(recorder.count("UpdateBlackboard") == 2);
    CHECK(recorder.count("TagRun") == 1);
    // The tag stands before message 2: after StartRun and two messages.
    std::size_t events_before = 0;
    for (const std::string& text : recorder.texts) {
        if (text.find("\"TagRun\"") != std::string::npos) break;
        if (text.find("\"run\":\"main\"") != std::string::npos) ++events_before;
    }
    CHECK(events_before == 3);
    CHECK(run.variables.at("messages").at(1)->find("who")->text() ==
          R"x("Orchestrator (thought)")x");
}

TEST_CASE("import: each history event is one event of its run, in either spelling",
          "[unit][import]") {
    const TemporaryFile file("v1/run_9/h.json", R"({"events":[
{"eventId":"1","eventTime":"2024-01-01T00:00:00.123456789Z","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
 "workflowExecutionStartedEventAttributes":{"originalExecutionRunId":"r-1","memo":{"fields":{"m":1}}}},
{"eventId":"2","eventType":"ActivityTaskScheduled","activityTaskScheduledEventAttributes":{"activityType":{"name":"Do"}}},
{"eventId":"3","eventType":"EVENT_TYPE_ACTIVITY_TASK_STARTED","activityTaskStartedEventAttributes":{"scheduledEventId":"2"}},
{"eventId":"4","eventType":"ActivityTaskFailed","activityTaskFailedEventAttributes":{"scheduledEventId":"2","failure":{}}},
{"eventId":"5","eventType":"TimerStarted","timerStartedEventAttributes":{"timerId":"5"}},
{"eventId":"6","eventType":"EVENT_TYPE_TIMER_FIRED","timerFiredEventAttributes":{"timerId":"5"}},
{"eventId":"7","eventType":"WorkflowPropertiesModified","workflowPropertiesModifiedEventAttributes":{"upsertedMemo":{"fields":{"n":2}}}},
{"eventId":"8","eventType":"ActivityTaskCompleted","activityTaskCompletedEventAttributes":{"scheduledEventId":"2"}},
{"eventId":"9","eventType":"SomethingNew"},
{"eventId":"10","eventType":"WorkflowExecutionContinuedAsNew","workflowExecutionContinuedAsNewEventAttributes":{"newExecutionRunId":"r-2"}}]})");
    Recorder recorder;
    recorder.keep_texts = true;
    recorder.import("temporal", file.path());
    CHECK(recorder.problems.empty());
    const RunModel& run = recorder.run("temporal-v1.run_9", "r-1");
    CHECK(run.events == 10);
    CHECK(run.steps == std::set<std::string>{"a2"});
    CHECK(run.failed_steps == std::set<std::string>{"a2"});
    CHECK(variable(run, "memo") == R"({"m":1,"n":2})");
    CHECK(run.variables.at("timer.5").find("status")->text() == R"("fired")");
    CHECK(elements(run, "history") == 2);
    CHECK(run.status == "completed");
    CHECK(recorder.texts.at(1).find(R"("occurred_at":"2024-01-01T00:00:00.123456789Z")") !=
          std::string::npos);
}

TEST_CASE("import: patches of state and store become variables, spans become steps",
          "[unit][import]") {
    const TemporaryFile file("log.json", R"({"version":2,"samples":[{"events":[
{"event":"span_begin","id":"s","type":"solver","name":"solve"},
{"event":"sample_init","state":{"messages":[],"store":{"k":1},"completed":false}},
{"event":"state","changes":[{"op":"add","path":"/messages/0","value":"hi","replaced":"x"},{"op":"remove","path":"/completed"}]},
{"event":"store","changes":[{"op":"replace","path":"/k","value":2},{"op":"add","path":"/a~1b","value":true}]},
{"event":"model","output":"o"},{"event":"tool","id":"t"},
{"event":"span_begin","id":"s"},{"event":"span_end","id":"s"},{"event":"span_end","id":"s"},{"event":"span_end","id":"s"},
{"event":"step","action":"begin","name":"old"},{"event":"step","action":"end","name":"other"}],
"attachments":{"h":"long"},"target":"T","epoch":3,"id":"q 1"},{"id":2,"epoch":1,"events":[]}]})");
    Recorder recorder;
    recorder.import("inspect", file.path());
    CHECK(recorder.problems.empty());
    CHECK(recorder.swarms["inspect-log"].size() == 2);
    CHECK(recorder.run("inspect-log", "2-e1").status == "completed");
    const RunModel& run = recorder.run("inspect-log", "q-1-e3");
    CHECK(variable(run, "state.messages") == R"(["hi"])");
    CHECK(run.variables.count("state.completed") == 0);
    CHECK(variable(run, "store.k") == "2");
    CHECK(variable(run, "store.a/b") == "true");
    CHECK(elements(run, "messages") == 2);
    CHECK(elements(run, "events") == 2);  // sample_init, and the end without a beginning
    CHECK(run.steps == std::set<std::string>{"s", "s~2", "step-10"});
    CHECK(variable(run, "attachment.h") == R"("long")");
    CHECK(variable(run, "sample.target") == R"("T")");
}

TEST_CASE("import: commands of a jsonl file pass as they are", "[unit][import]") {
    const std::string given =
        R"({"command_id":"11111111-1111-4111-8111-111111111111","data":{"updates":[{"key":"k","op":"set","value":1}]},"run":"r","swarm":"s","type":"UpdateContext"})";
    std::string lines = given;
    lines += "\r\n";
    lines += R"({"swarm":"t","type":"CreateSwarm","data":{}})";
    const TemporaryFile file("c.jsonl", lines);
    Recorder recorder;
    recorder.keep_texts = true;
    recorder.import("jsonl", file.path());
    REQUIRE(recorder.texts.size() == 2);
    CHECK(recorder.texts[0] == given);
    CHECK(Uuid::parse(recorder.ids[1]).has_value());
}

TEST_CASE("import: importing twice gives the same commands, every id a UUID of its own command",
          "[unit][import]") {
    for (const auto& [format, set] : sets_of_records()) {
        for (const path& root : roots(set)) {
            INFO(format);
            Recorder first;
            Recorder second;
            first.keep_texts = second.keep_texts = true;
            first.import(format, root);
            second.import(format, root);
            REQUIRE(!first.texts.empty());
            CHECK(first.texts == second.texts);
            // An id that comes twice is one command: the swarm that several files share.
            std::map<std::string, std::string> commands;
            for (std::size_t i = 0; i < first.ids.size(); ++i) {
                CHECK(Uuid::parse(first.ids[i]).has_value());
                const auto [found, is_new] = commands.emplace(first.ids[i], first.texts[i]);
                CHECK(found->second == first.texts[i]);
                if (!is_new) CHECK(first.texts[i].find("\"CreateSwarm\"") != std::string::npos);
            }
        }
    }
}
