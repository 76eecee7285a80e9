#include "tools/import/temporal_events.h"

#include <array>

namespace skein::import {
namespace {

constexpr std::string_view kLongPrefix = "EVENT_TYPE_";

struct Ending {
    std::string_view event;
    std::string_view command;
};
constexpr std::array<Ending, 6> kClosings{{
    {"WorkflowExecutionCompleted", "CompleteRun"},
    {"WorkflowExecutionContinuedAsNew", "CompleteRun"},
    {"WorkflowExecutionFailed", "FailRun"},
    {"WorkflowExecutionTimedOut", "FailRun"},
    {"WorkflowExecutionCanceled", "CancelRun"},
    {"WorkflowExecutionTerminated", "CancelRun"},
}};

json::Value attributes_of(const json::Value& event) {
    json::Value attributes = object_value({});
    event.for_each_member([&](std::string_view key, const json::Value& value) {
        if (key.ends_with("EventAttributes") && value.is_object()) attributes = value;
    });
    return attributes;
}

// The object under path `outer`.`inner`, or an empty one.
json::Value nested(const json::Value& attributes, std::string_view outer, std::string_view inner) {
    const auto found = attributes.find(outer);
    if (!found || !found->is_object()) return object_value({});
    const auto fields = found->find(inner);
    return fields && fields->is_object() ? *fields : object_value({});
}

std::string type_name(const json::Value& attributes, std::string_view key) {
    const auto type = attributes.find(key);
    return type ? text_of(*type, "name") : std::string();
}

}  // namespace

std::string plain_event_type(std::string_view type) {
    if (!type.starts_with(kLongPrefix)) return std::string(type);
    std::string plain;
    bool upper = true;
    for (const char c : type.substr(kLongPrefix.size())) {
        const bool is_letter = c >= 'A' && c <= 'Z';
        if (c != '_') plain += is_letter && !upper ? static_cast<char>(c - 'A' + 'a') : c;
        upper = c == '_';
    }
    return plain;
}

std::string TemporalRun::write(const json::Value& value) {
    if (!value.is_object()) return "expected an event, found another value";
    const std::string raw_type = text_of(value, "eventType");
    if (raw_type.empty()) return "eventType is missing";
    const std::string time = text_of(value, "eventTime");
    Event event{value, plain_event_type(raw_type), attributes_of(value), {}};
    const std::string identity = text_of(event.attributes, "identity");
    if (closed_) return "the event " + raw_type + " follows the end of its run";
    if (!started_) {
        if (event.type != "WorkflowExecutionStarted")
            return "expected WorkflowExecutionStarted first, found " + raw_type;
        const std::string run = text_of(event.attributes, "originalExecutionRunId");
        if (!run.empty()) run_ = as_id(run);
    }
    event.head = {{}, run_, identity, time};
    if (!started_) {
        start(event);
        return {};
    }
    if (write_activity(event) || write_activity_end(event) || write_timer(event) ||
        write_variable(event) || write_close(event))
        return {};
    update(event, "history", "append", event.whole);
    return {};
}

void TemporalRun::put(Event& event, std::string_view type, Members data) {
    event.head.type = type;
    writer_.put(event.head, object_value(std::move(data)));
}

void TemporalRun::update(Event& event, std::string key, std::string_view op,
                         const json::Value& value) {
    event.head.type = "UpdateContext";
    writer_.put(event.head, updates_value({{std::move(key), op, value}}));
}

void TemporalRun::start(Event& event) {
    started_ = true;
    Members inputs{{"started", event.attributes}};
    const json::Value memo = nested(event.attributes, "memo", "fields");
    if (memo.count() > 0) inputs.emplace_back("memo", memo);
    const json::Value search = nested(event.attributes, "searchAttributes", "indexedFields");
    if (search.count() > 0) inputs.emplace_back("search_attributes", search);
    put(event, "StartRun", {{"inputs", object_value(std::move(inputs))}});
}

bool TemporalRun::write_activity(Event& event) {
    if (event.type == "ActivityTaskScheduled") {
        const auto id = event.whole.find("eventId");
        const std::string number = id ? id->as_string().value_or(id->text()) : std::string();
        if (number.empty() || !activities_.try_emplace(number).second) return false;
        activities_[number].type = type_name(event.attributes, "activityType");
        put(event, "UpdateStep",
            {{"step", text_value(as_id("a" + number))}, {"status", text_value("pending")}});
        return true;
    }
    if (event.type != "ActivityTaskStarted") return false;
    const std::string number = text_of(event.attributes, "scheduledEventId");
    const auto found = activities_.find(number);
    if (found == activities_.end() || found->second.state == StepState::kStarted) return false;
    found->second.state = StepState::kStarted;
    Members data{{"step", text_value(as_id("a" + number))}};
    if (!found->second.type.empty())
        data.emplace_back("type", text_value(cut_text(found->second.type, 512)));
    put(event, "StartStep", std::move(data));
    return true;
}

bool TemporalRun::write_activity_end(Event& event) {
    const bool completed = event.type == "ActivityTaskCompleted";
    const bool failed = event.type == "ActivityTaskFailed" || event.type == "ActivityTaskTimedOut";
    if (!completed && !failed && event.type != "ActivityTaskCanceled") return false;
    const std::string number = text_of(event.attributes, "scheduledEventId");
    const auto found = activities_.find(number);
    if (found == activities_.end()) return false;
    const json::Value step = text_value(as_id("a" + number));
    const bool is_running = found->second.state == StepState::kStarted;
    activities_.erase(found);
    if (completed && is_running) {
        put(event, "CompleteStep",
            {{"step", step}, {"output", event.attributes.find("result").value_or(json::Value())}});
    } else if (failed && is_running) {
        put(event, "FailStep", {{"step", step}, {"error", event.attributes}});
    } else {
        put(event, "UpdateStep",
            {{"step", step}, {"status", text_value("cancelled")}, {"detail", event.attributes}});
    }
    return true;
}

bool TemporalRun::write_timer(Event& event) {
    const std::string id = text_of(event.attributes, "timerId");
    if (id.empty()) return false;
    const std::string key(cut_text("timer." + id, 512));
    if (event.type == "TimerStarted") {
        update(event, key, "set",
               object_value({{"status", text_value("started")}, {"started", event.attributes}}));
        return true;
    }
    if (event.type != "TimerFired" && event.type != "TimerCanceled") return false;
    const char* status = event.type == "TimerFired" ? "fired" : "canceled";
    update(event, key, "merge",
           object_value({{"status", text_value(status)}, {status, event.attributes}}));
    return true;
}

bool TemporalRun::write_variable(Event& event) {
    if (event.type == "WorkflowExecutionSignaled") {
        update(event, "signals", "append", event.attributes);
        return true;
    }
    if (event.type == "MarkerRecorded") {
        update(event, "markers", "append", event.attributes);
        return true;
    }
    if (event.type == "WorkflowPropertiesModified") {
        update(event, "memo", "merge", nested(event.attributes, "upsertedMemo", "fields"));
        return true;
    }
    if (event.type != "UpsertWorkflowSearchAttributes") return false;
    update(event, "search_attributes", "merge",
           nested(event.attributes, "searchAttributes", "indexedFields"));
    return true;
}

bool TemporalRun::write_close(Event& event) {
    for (const Ending& ending : kClosings) {
        if (event.type != ending.event) continue;
        closed_ = true;
        const bool completes = ending.command == "CompleteRun";
        Members closing{{"closing", event.attributes}};
        if (completes)
            put(event, ending.command, {{"outputs", object_value(std::move(closing))}});
        else
            put(event, ending.command, {{"error", event.attributes}});
        return true;
    }
    return false;
}

}  // namespace skein::import
