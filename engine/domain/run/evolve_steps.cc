// The events of steps.

#include <algorithm>

#include "engine/base/check.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/updates.h"
#include "engine/json/writer.h"

namespace skein::domain::run {

const EventType StepStarted::kType{"StepStarted", 1, "run"};
const EventType StepCompleted::kType{"StepCompleted", 1, "run"};
const EventType StepFailed::kType{"StepFailed", 1, "run"};
const EventType StepUpdated::kType{"StepUpdated", 1, "run"};

namespace {

// A copy of the step to change, new where the run does not list it.
Step step_of(const RunState& run, const std::string& id) {
    const Step* known = run.steps.find(id);
    return known == nullptr ? Step{} : *known;
}

void stop_running(RunState& run, const std::string& id) {
    auto& running = run.running_steps;
    running.erase(std::remove(running.begin(), running.end(), id), running.end());
}

// Lists a running step in the order of starting, which UpdateStep does not change: a step that it
// sets running goes behind those started before it, and before all where it was never started. A
// fork's steps may have started in its source, so positions are compared, not versions.
void go_on_running(RunState& run, const std::string& id, std::optional<Position> started) {
    auto& running = run.running_steps;
    const auto is_later = [&](const std::string& other) {
        const Step* step = run.steps.find(other);
        SKEIN_CHECK(step != nullptr, "step {} runs and is not listed", other);
        return !started || step->started_at > *started;
    };
    running.insert(std::find_if(running.begin(), running.end(), is_later), id);
}

void end_step(RunState& run, const std::string& id, Step step) {
    stop_running(run, id);
    run.steps.put(id, std::move(step));
}

}  // namespace

json::Value StepStarted::data() const {
    json::ObjectWriter out;
    out.member_text("step", step);
    out.member("type", step_type.empty() ? json::Value() : json::Value::string(step_type));
    return out.value();
}

void StepStarted::evolve(RunState& run, const EventMeta& meta, const Past& /*past*/) const {
    Step changed = step_of(run, step);
    changed.status = StepStatus::kRunning;
    if (!step_type.empty()) changed.type = step_type;
    changed.started = meta.version;
    changed.ended = std::nullopt;
    changed.last = meta.version;
    changed.started_at = changed.last_at = meta.position;
    changed.detail = {};
    run.steps.put(step, std::move(changed));
    stop_running(run, step);
    run.running_steps.push_back(step);
}

json::Value StepCompleted::data() const {
    json::ObjectWriter out;
    if (output) out.member("output", *output);
    out.member_text("step", step);
    return out.value();
}

void StepCompleted::evolve(RunState& run, const EventMeta& meta, const Past& /*past*/) const {
    Step changed = step_of(run, step);
    changed.status = StepStatus::kCompleted;
    changed.ended = changed.last = meta.version;
    changed.last_at = meta.position;
    changed.detail = {};
    end_step(run, step, std::move(changed));
    if (output) assign(run, {Area::kIntermediate, step}, *output, meta, Source::kStep);
}

json::Value StepFailed::data() const {
    json::ObjectWriter out;
    out.member("error", error);
    out.member_text("step", step);
    return out.value();
}

void StepFailed::evolve(RunState& run, const EventMeta& meta, const Past& /*past*/) const {
    Step changed = step_of(run, step);
    changed.status = StepStatus::kFailed;
    changed.ended = changed.last = meta.version;
    changed.last_at = meta.position;
    changed.detail = error;
    end_step(run, step, std::move(changed));
}

json::Value StepUpdated::data() const {
    json::ObjectWriter out;
    if (detail) out.member("detail", *detail);
    out.member_text("status", to_string(status));
    out.member_text("step", step);
    return out.value();
}

void StepUpdated::evolve(RunState& run, const EventMeta& meta, const Past& /*past*/) const {
    Step changed = step_of(run, step);
    const bool ran = changed.status == StepStatus::kRunning;
    const bool runs = status == StepStatus::kRunning;
    const auto started_before = changed.started ? std::optional(changed.started_at) : std::nullopt;
    changed.status = status;
    changed.detail = detail.value_or(json::Value());
    changed.last = meta.version;
    changed.last_at = meta.position;
    if (runs && !changed.started) {
        changed.started = meta.version;
        changed.started_at = meta.position;
    }
    if (is_terminal(status)) changed.ended = meta.version;
    run.steps.put(step, std::move(changed));
    if (ran && !runs) stop_running(run, step);
    if (!ran && runs) go_on_running(run, step, started_before);
}

}  // namespace skein::domain::run
