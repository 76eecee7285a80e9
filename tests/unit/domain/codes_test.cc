// Every rule that a command can break, broken once; and no rule without a row, a cause or a remedy.
#include <algorithm>
#include <set>

#include "engine/domain/codes.h"
#include "engine/domain/run/merge_codes.h"
#include "tests/unit/domain/given.h"

namespace skein::domain {

namespace {

struct Row {
    std::string code;
    std::vector<Line> before;
    Line command;
};

const Line kRun{"StartRun r", R"({"inputs":{"list":[],"n":1}})"};
const Line kFrozen{"UpdateContext r",
                   R"({"updates":[{"key":"f","op":"set","value":1,"mutable":false}]})"};
const Line kSecret{"UpdateContext r",
                   R"({"updates":[{"key":"k","op":"set","value":1,"sensitivity":"secret"}]})"};
const Line kStep{"StartStep r", R"({"step":"a"})"};

Line update(const std::string& fields) {
    return {"UpdateContext r", R"({"updates":[{"key":"n",)" + fields + "}]}"};
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::vector<Row> core_rows() {
    return {
        {"invalid-field", {kRun}, update(R"("op":"set","value":1,"mutable":"no")")},
        {"missing-field", {kRun}, update(R"("op":"set")")},
        {"unknown-field", {kRun}, update(R"("op":"set","valu":1,"value":1)")},
        {"unknown-command", {}, {"StartRum r"}},
        {"invalid-id", {}, {"StartRun a..b"}},
        {"invalid-key", {kRun}, {"UpdateContext r", R"({"updates":[{"key":"","op":"delete"}]})"}},
        {"invalid-time", {kRun}, {"PauseRun r", "{}", R"(,"occurred_at":"yesterday")"}},
        {"value-too-large",
         {kRun},
         update(R"("op":"set","value":")" + std::string((1 << 20) + 1, 'x') + "\"")},
        {"value-too-deep",
         {kRun},
         {"UpdateContext r",
          R"({"updates":[{"key":"list","op":"append","value":)" + nested(120) + "}]}"}},
        {"version-conflict", {kRun}, {"PauseRun r", "{}", R"(,"expected_version":7)"}},
        {"already-exists", {kRun}, kRun},
        {"empty-command", {kRun}, {"UpdateContext r", R"({"updates":[]})"}},
    };
}

std::vector<Row> swarm_rows() {
    return {
        {"swarm-not-found", {{"nothing"}}, {"ArchiveSwarm"}},
        {"swarm-archived", {{"CreateSwarm"}, {"ArchiveSwarm"}}, {"StartRun r"}},
        {"agent-already-joined",
         {{"JoinSwarm", R"({"agent":"a"})"}},
         {"JoinSwarm", R"({"agent":"a"})"}},
        {"agent-not-joined", {}, {"LeaveSwarm", R"({"agent":"a"})"}},
        {"set-and-deleted",
         {},
         {"UpdateBlackboard", R"({"set":[{"id":"x","value":1}],"delete":["x"]})"}},
    };
}

std::vector<Row> run_rows() {
    return {
        {"run-not-found", {}, {"PauseRun r"}},
        {"run-already-finished", {kRun, {"FailRun r"}}, {"CancelRun r"}},
        {"run-not-running", {kRun, {"PauseRun r"}}, kStep},
        {"illegal-status-change", {kRun}, {"ResumeRun r"}},
        {"inherit-without-parent", {}, {"StartRun c", R"({"inherit":"all"})"}},
        {"parent-not-found", {}, {"StartRun c", R"({"parent":"p"})"}},
        {"parent-finished", {kRun, {"CancelRun r"}}, {"StartRun c", R"({"parent":"r"})"}},
        {"inherited-key-absent", {kRun}, {"StartRun c", R"({"parent":"r","inherit":["x"]})"}},
        {"key-frozen",
         {kRun, kFrozen},
         {"UpdateContext r", R"({"updates":[{"key":"f","op":"delete"}]})"}},
        {"not-appendable", {kRun}, update(R"("op":"append","value":1)")},
        {"step-already-running", {kRun, kStep}, kStep},
        {"step-not-running", {kRun}, {"CompleteStep r", R"({"step":"a"})"}},
        {"step-already-ended",
         {kRun, kStep, {"CompleteStep r", R"({"step":"a"})"}},
         {"UpdateStep r", R"({"step":"a","status":"skipped"})"}},
        {"usage-too-large",
         {kRun, {"RecordUsage r", R"({"usage":{"credits":1.5e308}})"}},
         {"RecordUsage r", R"({"usage":{"credits":1.5e308}})"}},
        {"export-key-absent",
         {kRun},
         {"MarkForExport r", R"({"key":"x","destination":"blackboard"})"}},
        {"export-forbidden",
         {kRun, kSecret},
         {"MarkForExport r", R"({"key":"k","destination":"blackboard"})"}},
        {"transformation-refused",
         {kRun},
         {"MarkForExport r",
          R"({"key":"n","destination":"parent_context","transformation":"/a"})"}},
        {"name-taken", {kRun, {"TagRun r", R"({"name":"t"})"}}, {"TagRun r", R"({"name":"t"})"}},
    };
}

std::vector<Row> all_rows() {
    auto rows = core_rows();
    for (auto& row : swarm_rows()) rows.push_back(std::move(row));
    for (auto& row : run_rows()) rows.push_back(std::move(row));
    return rows;
}

// What other layers answer: the parser of text, the runtime and the readers of points.
const std::set<std::string_view> kDecidedElsewhere{
    "invalid-json",      "invalid-point",     "point-out-of-range", "event-too-large",
    "command-id-reused", "no-such-stream",    "overloaded",         "closed",
    "read-only",         "ambiguous-name",    "invalid-resource",   "invalid-condition",
    "disk-full",         "command-too-large", "shard-elsewhere"};

}  // namespace

TEST_CASE("codes: every rule rejects the command that breaks it [V-13] [V-04] [V-39] [V-51]",
          "[unit][domain]") {
    for (const Row& row : all_rows()) {
        CAPTURE(row.code, row.command.head);
        Given given(row.before);
        if (row.code == "value-too-deep") given.story().limits.depth_max = 120;
        given.when(row.command).then_rejected(row.code);
    }
}

TEST_CASE("codes: what accumulates in a variable has its own limit [V-05]", "[unit][domain]") {
    auto story = given({kRun});
    story.story().limits.variable_bytes_max = 10;
    story.when(update(R"("op":"set","value":"1234567")")).then_events({"ContextUpdated"});
    story.when(update(R"("op":"append","value":"8901")")).then_rejected("variable-too-large");
    const Line merge{"UpdateContext r",
                     R"({"updates":[{"key":"m","op":"merge","value":{"abcdef":1}}]})"};
    story.when(merge).then_rejected("variable-too-large");
}

TEST_CASE("codes: each registered one has a row, a cause and a remedy", "[unit][domain]") {
    std::set<std::string_view> known = kDecidedElsewhere;
    known.insert("variable-too-large");
    const auto rows = all_rows();
    for (const Row& row : rows) known.insert(row.code);
    for (const RejectionCode* code : run::merge_codes()) known.insert(code->name);
    for (const RejectionCode* code : standard_registry().codes()) {
        CAPTURE(code->name);
        CHECK(known.count(code->name) == 1);
        CHECK(code->cause.size() > 10);
        CHECK(code->remedy.size() > 10);
        CHECK(code->cause.back() == '.');
    }
}

}  // namespace skein::domain
