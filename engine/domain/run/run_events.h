// The events of a run, one struct each: the fields are the facts, nothing is decided again at
// replay.
//
// Those that restore, fork and merge stand in merge_events.h. Big values that already stand in the
// scope are StoredValue references. The JSON of data() uses the names of the contract's commands.
// Threads: immutable after construction. Errors: none.
// Source: interfaces section 2 (table), V-170, V-180.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/domain/run/merge_events.h"
#include "engine/domain/run/run_event.h"

namespace skein::domain::run {

struct RunStarted final : RunEvent {
    SKEIN_RUN_EVENT(RunStarted)
    SKEIN_TOUCHES_KEYS
    std::optional<std::string_view> listed_status() const override { return to_string(status); }
    json::Value routine;  // object or null
    std::vector<Assignment> inputs;
    std::optional<RunPoint> parent;
    std::vector<std::string> inherited;  // keys taken from the parent's variables
    bool inherits_all = false;           // then `inherited` is empty
    json::Value permissions;             // array
    json::Value limits;                  // object
    RunStatus status = RunStatus::kRunning;
};

struct ContextUpdated final : RunEvent {
    SKEIN_RUN_EVENT(ContextUpdated)
    SKEIN_TOUCHES_KEYS
    bool changes_areas_alone() const override { return true; }
    std::vector<Update> updates;
};

struct StepStarted final : RunEvent {
    SKEIN_RUN_EVENT(StepStarted)
    std::string step;
    std::string step_type;  // empty: keep or none
};
struct StepCompleted final : RunEvent {
    SKEIN_RUN_EVENT(StepCompleted)
    SKEIN_TOUCHES_KEYS
    std::string step;
    std::optional<json::Value> output;
};
struct StepFailed final : RunEvent {
    SKEIN_RUN_EVENT(StepFailed)
    std::string step;
    json::Value error;
};
struct StepUpdated final : RunEvent {
    SKEIN_RUN_EVENT(StepUpdated)
    std::string step;
    StepStatus status = StepStatus::kPending;
    std::optional<json::Value> detail;
};

struct UsageRecorded final : RunEvent {
    SKEIN_RUN_EVENT(UsageRecorded)
    Usage usage;                       // what was added
    std::vector<std::string> crossed;  // names of limits passed by this event
};

struct ExportMarked final : RunEvent {
    SKEIN_RUN_EVENT(ExportMarked)
    std::string key;
    ExportMark mark;
};

// What a completed run hands to a persistent store or an external system.
struct Delivery {
    std::string key;
    Destination destination = Destination::kPersistentStore;
    StoredValue value;
};
enum class ParentMerge : std::uint8_t { kNone, kMerged, kParentEnded };

struct RunCompleted final : RunEvent {
    SKEIN_RUN_EVENT(RunCompleted)
    SKEIN_TOUCHES_KEYS
    std::optional<std::string_view> listed_status() const override { return "completed"; }
    std::vector<Assignment> outputs;
    std::vector<Delivery> deliveries;
    ParentMerge parent_merge = ParentMerge::kNone;
};

// RunFailed, RunCancelled, RunPaused, RunResumed: an optional error or reason, any JSON.
struct RunFailed final : RunEvent {
    SKEIN_RUN_EVENT(RunFailed)
    std::optional<std::string_view> listed_status() const override { return "failed"; }
    std::optional<json::Value> error;
};
struct RunCancelled final : RunEvent {
    SKEIN_RUN_EVENT(RunCancelled)
    std::optional<std::string_view> listed_status() const override { return "cancelled"; }
    std::optional<json::Value> error;
};
struct RunPaused final : RunEvent {
    SKEIN_RUN_EVENT(RunPaused)
    std::optional<std::string_view> listed_status() const override { return "paused"; }
    std::optional<json::Value> error;
};
struct RunResumed final : RunEvent {
    SKEIN_RUN_EVENT(RunResumed)
    std::optional<std::string_view> listed_status() const override { return "running"; }
    std::optional<json::Value> error;
};
struct RunStatusChanged final : RunEvent {
    SKEIN_RUN_EVENT(RunStatusChanged)
    std::optional<std::string_view> listed_status() const override { return to_string(status); }
    RunStatus status = RunStatus::kRunning;
    std::optional<json::Value> detail;
};

struct CheckpointCreated final : RunEvent {
    SKEIN_RUN_EVENT(CheckpointCreated)
    std::string name;
    std::string description;  // empty: none
    std::string retention;    // empty: none
};
struct TagCreated final : RunEvent {
    SKEIN_RUN_EVENT(TagCreated)
    std::string name;
};

// All of the above, for registries and codecs.
const std::vector<const EventType*>& run_event_types();

}  // namespace skein::domain::run
