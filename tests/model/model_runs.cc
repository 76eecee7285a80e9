// Commands on runs that change one run alone: what each is allowed, and what it makes of the state.
#include <array>

#include "tests/model/model.h"

namespace skein::model {

namespace {

void assign(Run& run, const Slot& slot, const Json& value, const Stamp& stamp,
            const std::string& new_source) {
    Area& area = run.area(slot.first);
    const auto place = area.find(slot.second);
    refuse_where(place != area.end() && !place->second.is_mutable, "frozen: " + slot.second);
    Entry entry;
    entry.source = new_source;
    if (place != area.end()) entry = place->second;
    entry.value = canonical(value);
    entry.version = stamp.version;
    entry.position = stamp.position;
    entry.actor = stamp.actor;
    area[slot.second] = entry;
}

Json changed(const std::string& op, const std::optional<Json>& before, const Json& value) {
    if (op == "set") return value;
    if (op == "merge") {
        Json merged = before.value_or(Json());
        merged.merge_patch(value);
        return merged;
    }
    if (!before) return Json::array({value});
    if (before->is_string() && value.is_string())
        return before->get<std::string>() + value.get<std::string>();
    refuse_where(!before->is_array(), "not appendable");
    Json longer = *before;
    longer.push_back(value);
    return longer;
}

void update(Run& run, const Json& change, const Stamp& stamp) {
    Area& area = run.area(change.value("area", "variables"));
    const std::string key = change["key"];
    const auto place = area.find(key);
    refuse_where(place != area.end() && !place->second.is_mutable, "frozen: " + key);
    if (change["op"] == "delete") {
        if (area.erase(key) > 0)
            run.removed[{change.value("area", "variables"), key}] = stamp.position;
        return;
    }
    Entry entry;
    std::optional<Json> before;
    if (place != area.end()) {
        entry = place->second;
        before = Json::parse(entry.value);
    }
    entry.value = canonical(changed(change["op"], before, change["value"]));
    entry.sensitivity = change.value("sensitivity", entry.sensitivity);
    entry.source = change.value("source", entry.source);
    entry.is_mutable = change.value("mutable", entry.is_mutable);
    entry.version = stamp.version;
    entry.position = stamp.position;
    entry.actor = stamp.actor;
    area[key] = entry;
}

bool has_ended(const std::string& status) {
    return status == "completed" || status == "failed" || status == "skipped" ||
           status == "cancelled";
}

std::string text_member(const Json& data, const std::string& name) {
    return data.contains(name) ? canonical(data[name]) : "null";
}

}  // namespace

void Model::start_run(const Json& command, const Json& data) {
    check_new(command);
    Run run;
    run.id = command["run"];
    run.status = data.value("status", "running");
    run.limits = data.contains("limits") ? canonical(data["limits"]) : "{}";
    run.started_at = time_;
    refuse_where(data.contains("inherit") && !data.contains("parent"), "inherit without a parent");
    if (data.contains("parent")) {
        refuse_where(!has(data["parent"]), "no such parent");
        const Run& parent = now(data["parent"]);
        refuse_where(parent.is_over(), "the parent is over");
        run.parent = Link{parent.id, parent.version};
        const Json inherit = data.value("inherit", Json("all"));
        if (inherit == "all") run.area("variables") = parent.area("variables");
        if (inherit.is_array()) {
            for (const std::string key : inherit) {
                refuse_where(parent.area("variables").count(key) == 0, "the parent has no " + key);
                run.area("variables")[key] = parent.area("variables").at(key);
            }
        }
        for (auto& [key, entry] : run.area("variables")) {
            entry.source = "parent";
            entry.version = 1;
        }
    }
    const Json inputs = data.value("inputs", Json::object());
    for (const auto& [key, value] : inputs.items())
        assign(run, {"variables", key}, value, stamp(1), "user");
    push(run);
}

void Model::fork_run(const Json& command, const Json& data) {
    check_new(command);
    refuse_where(!has(data["source"]), "no such source");
    const std::string source = data["source"];
    const std::uint64_t version = resolve(source, data.value("at", "@head"));
    refuse_where(version == 0, "a fork before the start");
    const Run& origin = at(source, version);
    Run run;
    run.id = command["run"];
    run.forked_from = Link{source, version};
    run.removed = origin.removed;
    run.limits = origin.limits;
    run.areas = origin.areas;
    run.steps = origin.steps;
    run.exports = origin.exports;
    run.conflicts = origin.conflicts;
    run.started_at = time_;
    for (auto& [name, area] : run.areas)
        for (auto& [key, entry] : area) entry.version = 1;
    const Json updates = data.value("updates", Json::array());
    refuse_where(data.contains("updates") && updates.empty(), "no updates");
    for (const Json& change : updates) update(run, change, stamp(1));
    push(run);
}

void Model::update_context(const Json& command, const Json& data) {
    Run run = open_run(command);
    refuse_where(data["updates"].empty(), "no updates");
    for (const Json& change : data["updates"]) update(run, change, stamp(run.version + 1));
    push(run);
}

void Model::start_step(const Json& command, const Json& data) {
    Run run = open_run(command);
    refuse_where(run.status == "paused" || run.status == "blocked", "the run is " + run.status);
    Step& step = run.steps[data["step"]];
    refuse_where(step.status == "running", "the step runs");
    step.status = "running";
    step.type = data.value("type", step.type);
    step.started = run.version + 1;
    step.ended = 0;
    step.last_start = head() + 1;
    step.detail = "null";
    push(run);
}

void Model::complete_step(const Json& command, const Json& data) {
    Run run = open_run(command);
    const std::string id = data["step"];
    Step& step = run.steps[id];
    refuse_where(step.status != "running", "the step does not run");
    step.status = "completed";
    step.ended = run.version + 1;
    step.detail = "null";
    if (data.contains("output"))
        assign(run, {"intermediate", id}, data["output"], stamp(run.version + 1), "step");
    push(run);
}

void Model::fail_step(const Json& command, const Json& data) {
    Run run = open_run(command);
    Step& step = run.steps[data["step"]];
    refuse_where(step.status != "running", "the step does not run");
    step.status = "failed";
    step.ended = run.version + 1;
    step.detail = canonical(data["error"]);
    push(run);
}

void Model::update_step(const Json& command, const Json& data) {
    Run run = open_run(command);
    Step& step = run.steps[data["step"]];
    refuse_where(has_ended(step.status), "the step ended");
    step.status = data["status"];
    step.detail = text_member(data, "detail");
    if (step.status == "running" && step.started == 0) step.started = run.version + 1;
    if (has_ended(step.status)) step.ended = run.version + 1;
    push(run);
}

void Model::record_usage(const Json& command, const Json& data) {
    Run run = open_run(command);
    refuse_where(data["usage"].empty(), "no usage");
    for (const auto& [name, amount] : data["usage"].items())
        run.usage[name] += amount.get<double>();
    push(run);
}

void Model::mark_for_export(const Json& command, const Json& data) {
    Run run = open_run(command);
    const std::string key = data["key"];
    const std::string destination = data["destination"];
    refuse_where(destination == "parent_context" && data.contains("transformation"),
                 "a transformation for the parent");
    refuse_where(run.area("variables").count(key) + run.area("intermediate").count(key) == 0,
                 "no such key");
    check_export(run, key, destination);
    Mark mark{destination, std::nullopt};
    if (data.contains("transformation")) mark.transformation = data["transformation"];
    run.exports[key] = mark;
    push(run);
}

void Model::end_run(const Json& command, const Json& data) {
    Run run = open_run(command);
    run.status = command["type"] == "FailRun" ? "failed" : "cancelled";
    run.detail = "null";
    run.error = text_member(data, "error");
    push(run);
}

void Model::change_run(const Json& command, const Json& data) {
    static const std::set<std::array<std::string, 3>> kAllowed{
        {"SetRunStatus", "pending", "initializing"}, {"SetRunStatus", "pending", "running"},
        {"SetRunStatus", "initializing", "running"}, {"SetRunStatus", "running", "blocked"},
        {"SetRunStatus", "blocked", "running"},      {"PauseRun", "running", "paused"},
        {"ResumeRun", "paused", "running"},
    };
    Run run = open_run(command);
    const std::string type = command["type"];
    const std::string fixed = type == "PauseRun" ? "paused" : "running";
    const std::string status = type == "SetRunStatus" ? data["status"].get<std::string>() : fixed;
    refuse_where(kAllowed.count({type, run.status, status}) == 0, run.status + " to " + status);
    run.status = status;
    run.detail = type == "SetRunStatus" ? text_member(data, "detail") : "null";
    if (type != "SetRunStatus") run.error = text_member(data, "error");
    push(run);
}

void Model::complete_run(const Json& command, const Json& data) {
    Run run = open_run(command);
    refuse_where(run.status != "running", "the run is " + run.status);
    const Json outputs = data.value("outputs", Json::object());
    for (const auto& [key, value] : outputs.items())
        assign(run, {"variables", key}, value, stamp(run.version + 1), "step");
    if (data.contains("merge")) check_choice(data["merge"]);
    for (const auto& [key, mark] : run.exports) {
        if (run.area("variables").count(key) + run.area("intermediate").count(key) > 0)
            check_export(run, key, mark.destination);
    }
    std::vector<Run> changed;
    merge_child(run, data, changed);
    const auto board = exported_board(run);
    run.status = "completed";
    run.detail = "null";
    push(run);
    for (const Run& parent : changed) push(parent);
    if (board) push(*board);
}

}  // namespace skein::model
