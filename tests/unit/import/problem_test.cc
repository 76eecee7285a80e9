// Broken records are named; whether the rest goes on is the sink's answer.
#include <catch2/catch.hpp>

#include <map>

#include "tests/unit/import/recorder.h"
#include "tools/import/command_writer.h"

using namespace skein;
using namespace skein::import;
using namespace skein::import::testing;

namespace {

const std::string kCommand = R"({"type":"CreateSwarm","swarm":"s1","data":{}})";

struct Broken {
    std::string format;
    std::string name;     // of the file
    std::string content;  // one broken record in the middle
    std::uint64_t line;
    std::uint64_t record;
    std::string reason;  // a part of it
    std::string after;   // a text that only the records after it give; empty: it is one document
};

std::vector<Broken> broken_files() {
    return {
        {"jsonl", "a.jsonl", kCommand + "\n\n{\"type\":\n" + kCommand + "\n", 3, 3, "", "s1"},
        {"jsonl", "b.jsonl", "[1]\n" + kCommand, 1, 1, "expected an object", "s1"},
        {"tau-bench", "x_trajectories.jsonl",
         R"({"task_id":1,"trial":0,"reward":1,"traj":[]})"
         "\n"
         R"({"task_id":2,"trial":0,"reward":1,"traj":{}})"
         "\n"
         R"({"task_id":3,"trial":0,"reward":1,"traj":[]})"
         "\n",
         2, 2, "traj", "tau-3"},
        {"tau-bench", "y_trajectories.jsonl",
         R"({"trial":0,"traj":[]})"
         "\n"
         R"({"task_id":3,"trial":0,"reward":1,"traj":[]})",
         1, 1, "task_id", "tau-3"},
        {"swe-agent", "a.traj",
         "{\"history\": [\n{\"role\":\"user\"},\n{\"role\":nul},\n{\"role\":\"later\"}]}", 3, 2, "",
         ""},
        {"who-and-when", "hand-crafted/1.json",
         "{\"history\":[\n{\"role\":\"human\",\"content\":\"a\"},\n{\"role\":\"x\",\"role\":\"y\"},"
         "\n"
         "{\"role\":\"WebSurfer\",\"content\":\"c\"}],\"question\":\"q\"}",
         3, 2, "", ""},
        {"temporal", "t.json",
         "{\"events\":[{\"eventId\":\"1\",\"eventType\":\"WorkflowExecutionStarted\"},\n"
         "{\"eventId\":\"2\"},\n"
         "{\"eventId\":\"3\",\"eventType\":\"MarkerRecorded\",\"a\":1}]}",
         2, 2, "eventType", ""},
        {"inspect", "i.json",
         "{\"id\":1,\"events\":[{\"event\":\"info\"},\n"
         "{\"event\":\"state\",\"changes\":[{\"op\":\"remove\",\"path\":\"/no\"}]},\n"
         "{\"event\":\"model\"}]}",
         2, 2, "cannot be applied", ""},
        {"editing-traces", "e.json",
         "{\"txns\":[{\"patches\":[[0,0,\"a\"]]},\n{\"patches\":[[0,0]]},\n"
         "{\"patches\":[[0,0,\"later\"]]}]}",
         2, 2, "a patch is not", ""},
        {"editing-traces", "f.json",
         "{\"txns\":[{\"patches\":[[0,0,\"a\"]]},\n"
         "{\"parents\":[0],\"numChildren\":1,\"patches\":[]},\n"
         "{\"parents\":[0],\"numChildren\":1,\"patches\":[]},\n"
         "{\"parents\":[1],\"numChildren\":1,\"patches\":[[0,0,\"later\"]]}]}",
         3, 3, "parent 0", ""},
    };
}

bool says(const Recorder& recorder, const std::string& part) {
    for (const std::string& text : recorder.texts) {
        if (text.find(part) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("import: a broken record in the middle is named by file, line and reason",
          "[unit][import]") {
    for (const Broken& broken : broken_files()) {
        const TemporaryFile file(broken.name, broken.content);
        INFO(broken.format << " " << broken.name);
        Recorder recorder;
        recorder.keep_texts = true;
        recorder.import(broken.format, file.path());
        REQUIRE(recorder.problems.size() == 1);
        const Problem& problem = recorder.problems.front();
        CHECK(problem.place.file == file.path().string());
        CHECK(problem.place.line == broken.line);
        CHECK(problem.place.record == broken.record);
        CHECK(!problem.reason.empty());
        CHECK_THAT(problem.reason, Catch::Matchers::Contains(broken.reason));
        if (broken.after.empty()) {
            CHECK(recorder.ids.empty());
            continue;
        }
        CHECK(says(recorder, broken.after));
        if (broken.line == 1) continue;  // nothing came before it

        Recorder stopping(Next::kStop);
        stopping.keep_texts = true;
        stopping.import(broken.format, file.path());
        CHECK(stopping.problems.size() == 1);
        CHECK(!stopping.ids.empty());
        CHECK(stopping.ids.size() < recorder.ids.size());
    }
}

TEST_CASE("import: a document cut at any byte makes a problem and no command", "[unit][import]") {
    const std::string whole =
        R"({"events":[{"eventId":"1","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_STARTED"},)"
        R"({"eventId":"2","eventType":"TimerStarted","timerStartedEventAttributes":{"timerId":"9"}}]})";
    Recorder complete;
    complete.import("temporal", TemporaryFile("w.json", whole).path());
    CHECK(complete.problems.empty());
    CHECK(complete.ids.size() == 3);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        INFO("cut to " << size << " bytes");
        Recorder cut;
        cut.import("temporal", TemporaryFile("w.json", whole.substr(0, size)).path());
        CHECK(cut.problems.size() == 1);
        CHECK(cut.ids.empty());
    }
}

TEST_CASE("import: a document of another kind is named, and nothing of it is sent",
          "[unit][import]") {
    const std::map<std::string, std::string> files{{"who-and-when", "a.json"},
                                                   {"swe-agent", "a.traj"},
                                                   {"temporal", "a.json"},
                                                   {"inspect", "a.json"},
                                                   {"editing-traces", "a.json"}};
    for (const auto& [format, name] : files) {
        for (const std::string_view content : {"{}", "{\n\"other\":{\"history\":1}}"}) {
            INFO(format << " " << content);
            const TemporaryFile file(name, std::string(content));
            Recorder recorder;
            recorder.import(format, file.path());
            REQUIRE(recorder.problems.size() == 1);
            CHECK_THAT(recorder.problems.front().reason, Catch::Matchers::Contains("missing "));
            CHECK(recorder.problems.front().place.line == (content == "{}" ? 1 : 2));
            CHECK(recorder.ids.empty());
        }
    }
}

TEST_CASE("import: files that are not there, or of another kind, are problems", "[unit][import]") {
    for (const std::string_view format : formats()) {
        INFO(format);
        Recorder absent;
        absent.import(format, "no/such/file.json");
        REQUIRE(absent.problems.size() == 1);
        CHECK(absent.problems.front().kind == ProblemKind::kAbsent);
        const TemporaryFile other("a.txt", "no trace");
        Recorder folder;
        folder.import(format, other.path().parent_path());
        REQUIRE(folder.problems.size() == 1);
        CHECK_THAT(folder.problems.front().reason, Catch::Matchers::Contains(std::string(format)));
        CHECK(folder.problems.front().kind == ProblemKind::kAbsent);
        Recorder named;
        named.import(format, other.path());
        REQUIRE(named.problems.size() == 1);
        CHECK(named.problems.front().kind == ProblemKind::kBroken);
    }
    CHECK(find_importer("csv") == nullptr);
}

TEST_CASE("import: names become ids, also long and odd ones", "[unit][import]") {
    CHECK(as_id("gpt4 x/y") == "gpt4-x-y");
    CHECK(as_id("\xC3\xA9t\xC3\xA9") == "-t-");
    CHECK(as_id("") == "-");
    CHECK(as_id(".") == "-");
    CHECK(as_id("a..b...c") == "a.-b.-.c");
    CHECK(as_id(std::string(200, 'a')).size() == 128);
    CHECK(as_id(std::string(200, 'a')) != as_id(std::string(201, 'a')));
    CHECK(cut_text("a\xC3\xA9", 2) == "a");
}
