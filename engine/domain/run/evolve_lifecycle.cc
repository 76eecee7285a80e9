// RunStarted, and the events that change a run's status or name a version of it.

#include "engine/domain/run/run_events.h"
#include "engine/domain/run/updates.h"
#include "engine/json/writer.h"

namespace skein::domain::run {

const EventType RunStarted::kType{"RunStarted", 1, "run"};
const EventType RunFailed::kType{"RunFailed", 1, "run"};
const EventType RunCancelled::kType{"RunCancelled", 1, "run"};
const EventType RunPaused::kType{"RunPaused", 1, "run"};
const EventType RunResumed::kType{"RunResumed", 1, "run"};
const EventType RunStatusChanged::kType{"RunStatusChanged", 1, "run"};
const EventType CheckpointCreated::kType{"CheckpointCreated", 1, "run"};
const EventType TagCreated::kType{"TagCreated", 1, "run"};

namespace {

json::Value text_or_null(const std::string& text) {
    return text.empty() ? json::Value() : json::Value::string(text);
}

// "all", "none" or keys; null without a parent.
json::Value inherit_data(const RunStarted& event) {
    if (!event.parent) return {};
    if (event.inherits_all) return json::Value::string("all");
    if (event.inherited.empty()) return json::Value::string("none");
    std::vector<json::Value> keys;
    for (const std::string& key : event.inherited) keys.push_back(json::Value::string(key));
    return json::Value::array(keys);
}

// The parent's variables as they were: values, metadata and digests are shared, the source is new.
void inherit(RunState& run, const RunStarted& event, const Past& past) {
    const auto state = past.at(run.sibling(event.parent->run), event.parent->version);
    const RunState& parent = as_run(*state);
    if (event.inherits_all) {
        run.variables = parent.variables;
        run.variables.relabel([](Entry& entry) { entry.source = Source::kParent; });
        return;
    }
    for (const std::string& key : event.inherited) {
        const Entry* entry = parent.variables.find(key);
        if (entry == nullptr) continue;
        Entry taken = *entry;
        taken.source = Source::kParent;
        run.variables.put(key, std::move(taken));
    }
}

json::Value error_data(const std::optional<json::Value>& error) {
    json::ObjectWriter out;
    if (error) out.member("error", *error);
    return out.value();
}

// `error` is what the last event about failing, cancelling, pausing or resuming said.
void change_status(RunState& run, RunStatus status, const std::optional<json::Value>& error) {
    run.status = status;
    run.status_detail = {};
    run.error = error.value_or(json::Value());
}

}  // namespace

json::Value RunStarted::data() const {
    json::ObjectWriter out;
    out.member("inherit", inherit_data(*this));
    out.member("inputs", assignments_data(inputs));
    out.member("limits", limits);
    out.member("parent", parent ? parent->document() : json::Value());
    out.member("permissions", permissions);
    out.member("routine", routine);
    out.member_text("status", to_string(status));
    return out.value();
}

void RunStarted::evolve(RunState& run, const EventMeta& meta, const Past& past) const {
    run.status = status;
    run.parent = parent;
    run.routine = routine;
    run.permissions = permissions;
    run.limits = limits;
    if (parent) inherit(run, *this, past);
    for (const auto& [key, value] : inputs) {
        assign(run, {Area::kVariables, key}, value, meta, Source::kUser);
    }
}

json::Value RunFailed::data() const { return error_data(error); }
void RunFailed::evolve(RunState& run, const EventMeta& /*meta*/, const Past& /*past*/) const {
    change_status(run, RunStatus::kFailed, error);
}

json::Value RunCancelled::data() const { return error_data(error); }
void RunCancelled::evolve(RunState& run, const EventMeta& /*meta*/, const Past& /*past*/) const {
    change_status(run, RunStatus::kCancelled, error);
}

json::Value RunPaused::data() const { return error_data(error); }
void RunPaused::evolve(RunState& run, const EventMeta& /*meta*/, const Past& /*past*/) const {
    change_status(run, RunStatus::kPaused, error);
}

json::Value RunResumed::data() const { return error_data(error); }
void RunResumed::evolve(RunState& run, const EventMeta& /*meta*/, const Past& /*past*/) const {
    change_status(run, RunStatus::kRunning, error);
}

json::Value RunStatusChanged::data() const {
    json::ObjectWriter out;
    if (detail) out.member("detail", *detail);
    out.member_text("status", to_string(status));
    return out.value();
}

void RunStatusChanged::evolve(RunState& run, const EventMeta& /*meta*/,
                              const Past& /*past*/) const {
    run.status = status;
    run.status_detail = detail.value_or(json::Value());
}

json::Value CheckpointCreated::data() const {
    json::ObjectWriter out;
    out.member("description", text_or_null(description));
    out.member_text("name", name);
    out.member("retention", text_or_null(retention));
    return out.value();
}

void CheckpointCreated::evolve(RunState& run, const EventMeta& meta, const Past& /*past*/) const {
    run.checkpoints.put(name, {meta.version, description, retention});
}

json::Value TagCreated::data() const {
    json::ObjectWriter out;
    out.member_text("name", name);
    return out.value();
}

void TagCreated::evolve(RunState& run, const EventMeta& meta, const Past& /*past*/) const {
    run.tags.put(name, {meta.version});
}

}  // namespace skein::domain::run
