// Every column of every INDEX.csv that queries must reproduce, from the commands alone.
#include <catch2/catch.hpp>

#include <set>

#include "tests/unit/import/recorder.h"

using namespace skein;
using namespace skein::import;
using namespace skein::import::testing;
using std::filesystem::path;

namespace {

std::string stem(const Row& row) { return path(row.at("file")).stem().string(); }

// The text of a number, so that 1 and 1.0 are one reward.
double reward_of(const RunModel& run) { return run.variables.at("reward").as_number().value(); }

}  // namespace

TEST_CASE("import: tau-bench gives the counts of its index for every record", "[unit][import]") {
    for (const path& root : roots("tau-bench")) {
        Recorder recorder;
        recorder.import("tau-bench", root);
        CHECK(recorder.problems.empty());
        const auto rows = read_index(root / "INDEX.csv");
        CHECK(recorder.count("CompleteRun") == rows.size());
        for (const Row& row : rows) {
            const RunModel& run =
                recorder.run("tau-" + row.at("task_id"), "trial-" + row.at("trial"));
            CHECK(elements(run, "messages") == number(row, "messages"));
            CHECK(elements(run, "messages", "role", "user") == number(row, "user"));
            CHECK(elements(run, "messages", "role", "assistant") == number(row, "assistant"));
            CHECK(elements(run, "messages", "role", "tool") == number(row, "tool"));
            CHECK(run.steps.size() == number(row, "tool_calls"));
            CHECK(reward_of(run) == std::stod(row.at("reward")));
            CHECK(run.status == "completed");
        }
    }
}

TEST_CASE("import: who-and-when gives the counts of its index for every record", "[unit][import]") {
    for (const path& root : roots("who-and-when")) {
        Recorder recorder;
        recorder.import("who-and-when", root);
        CHECK(recorder.problems.empty());
        for (const Row& row : read_index(root / "INDEX.csv")) {
            const bool crafted = row.at("file").starts_with("hand-crafted");
            const std::string swarm = (crafted ? "ww-hc-" : "ww-ag-") + stem(row);
            const RunModel& run = recorder.run(swarm, "main");
            CHECK(elements(run, "messages") == number(row, "messages"));
            CHECK(recorder.swarms[swarm].size() == number(row, "handoffs") + 1);
            std::set<std::string> who;
            run.variables.at("messages").for_each_element([&](const json::Value& message) {
                who.insert(message.find("who")->as_string().value());
            });
            CHECK(who.size() == number(row, "agents"));
            CHECK(!recorder.goals[swarm].empty());
            CHECK(run.status == "completed");
        }
    }
}

TEST_CASE("import: temporal gives the counts of its index for every record", "[unit][import]") {
    for (const path& root : roots("temporal-histories")) {
        Recorder recorder;
        recorder.import("temporal", root);
        CHECK(recorder.problems.empty());
        for (const Row& row : read_index(root / "INDEX.csv")) {
            const path folder = path(row.at("file")).parent_path();
            std::string swarm = "temporal-" + stem(row);
            if (folder.filename().string().starts_with("run_"))
                swarm = "temporal-" + folder.parent_path().filename().string() + "." +
                        folder.filename().string();
            const RunModel& run = recorder.run(swarm, row.at("run_id"));
            INFO(row.at("file"));
            CHECK(run.events == number(row, "events"));
            CHECK(run.steps.size() == number(row, "activities"));
            CHECK(elements(run, "signals") == number(row, "signals_in"));
            CHECK(elements(run, "markers") == number(row, "markers"));
        }
    }
}

TEST_CASE("import: swe-agent gives the counts of its index for every record", "[unit][import]") {
    for (const path& root : roots("swe-agent-traj")) {
        Recorder recorder;
        recorder.import("swe-agent", root);
        CHECK(recorder.problems.empty());
        for (const Row& row : read_index(root / "INDEX.csv")) {
            const RunModel& run = recorder.run("swe-" + stem(row), "main");
            CHECK(run.steps.size() == number(row, "steps"));
            CHECK(elements(run, "messages") == number(row, "history_messages"));
            for (const auto& [step, output] : run.outputs) CHECK(output.find("observation"));
            CHECK(run.outputs.size() == run.steps.size());
            CHECK(run.status == "completed");
        }
    }
}

TEST_CASE("import: inspect gives the counts of its index for every record", "[unit][import]") {
    for (const path& root : roots("inspect-logs")) {
        Recorder recorder;
        recorder.import("inspect", root);
        for (const Problem& problem : recorder.problems)
            UNSCOPED_INFO(to_string(problem.place) << ": " << problem.reason);
        CHECK(recorder.problems.empty());
        for (const Row& row : read_index(root / "INDEX.csv")) {
            std::uint64_t models = 0;
            std::uint64_t tools = 0;
            const auto& runs = recorder.swarms["inspect-" + stem(row)];
            for (const auto& [name, run] : runs) {
                models += elements(run, "messages", "event", "model");
                tools += elements(run, "messages", "event", "tool");
                CHECK(run.status == "completed");
            }
            INFO(row.at("file"));
            CHECK(runs.size() == number(row, "samples"));
            CHECK(models == number(row, "model_calls"));
            CHECK(tools == number(row, "tool_calls"));
        }
    }
}

TEST_CASE("import: editing traces give the counts of their index for every record",
          "[unit][import]") {
    for (const path& root : roots("editing-traces")) {
        for (const Row& row : read_index(root / "INDEX.csv")) {
            Recorder recorder;
            recorder.import("editing-traces", root / row.at("file"));
            INFO(row.at("file"));
            CHECK(recorder.problems.empty());
            CHECK(recorder.count("UpdateContext") == number(row, "txns"));
            CHECK(recorder.count("MergeRun") == number(row, "merge_txns"));
            CHECK(recorder.count("ForkRun") == number(row, "fork_txns"));
            CHECK(recorder.has_run("edit-" + stem(row), "doc"));
        }
    }
}
