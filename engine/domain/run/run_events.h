// The events of a run, one struct each: the fields are the facts, nothing is decided again at
// replay.
//
// RunEvent adds to EventBody how the fact changes a RunState. Big values that already stand in the
// scope are StoredValue references. The JSON of data() uses the names of the contract's commands.
// Threads: immutable after construction. Errors: none.
// Source: interfaces section 2 (table), V-170, V-180.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/domain/event.h"
#include "engine/domain/run/entry.h"
#include "engine/domain/run/run_state.h"

namespace skein::domain::run {

class RunEvent : public EventBody {
 public:
    // Pure. `meta` is this event's own; `past` gives other states of the scope.
    virtual void evolve(RunState& run, const EventMeta& meta, const Past& past) const = 0;
    // Whether nothing of the run changes but its variables and intermediate results.
    virtual bool changes_areas_alone() const { return false; }
};

// Declares what every event struct of a kind overrides.
#define SKEIN_RUN_EVENT(Name)                                \
    static const EventType kType;                            \
    const EventType& type() const override { return kType; } \
    json::Value data() const override;                       \
    void evolve(RunState& run, const EventMeta& meta, const Past& past) const override;

// Declared by the events that give keys their values: what blame follows.
#define SKEIN_TOUCHES_KEYS \
    std::optional<Touch> touch(const Stream& stream, std::string_view key) const override;

using Assignment = std::pair<std::string, json::Value>;  // key, value

enum class UpdateOp : std::uint8_t { kSet, kAppend, kDelete, kMerge };
std::string_view to_string(UpdateOp op);
std::optional<UpdateOp> parse_update_op(std::string_view text);

// One change of one key. `value` is null for delete.
struct Update {
    Area area = Area::kVariables;
    std::string key;
    UpdateOp op = UpdateOp::kSet;
    json::Value value;
    std::optional<Sensitivity> sensitivity;
    std::optional<Source> source;
    std::optional<Mutability> mutability;
};

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

enum class RestoreMode : std::uint8_t { kReplace, kMerge };
struct RunRestored final : RunEvent {
    SKEIN_RUN_EVENT(RunRestored)
    SKEIN_TOUCHES_KEYS
    Version to;  // of this stream; 0 empties
    RestoreMode mode = RestoreMode::kReplace;
};

struct RunForked final : RunEvent {
    SKEIN_RUN_EVENT(RunForked)
    SKEIN_TOUCHES_KEYS
    std::optional<std::string_view> listed_status() const override { return "running"; }
    RunPoint source;
    std::vector<Update> updates;
};

// What a merge did to one key. Keys that stayed as they were are not listed.
enum class MergeResult : std::uint8_t { kTaken, kDeleted, kCombined, kKept, kConflict };
struct MergedKey {
    Area area = Area::kVariables;
    std::string key;
    MergeResult result = MergeResult::kTaken;
    std::optional<StoredValue> value;       // of taken and combined; kept and deleted have none
    std::optional<Strategy> strategy;       // that decided, where both sides had changed the key
    std::vector<RunPoint> lost_at;          // whose values lost...
    std::vector<StoredValue> lost;          // ...and which, in the same order
    std::optional<StoredValue> base_value;  // conflicts only: the three sides
    std::optional<StoredValue> source_value;
    std::optional<StoredValue> target_value;
};
struct MergeFacts {
    RunPoint source;  // run merged in, and its version
    Strategy strategy = Strategy::kChildWins;
    std::optional<RunPoint> base;  // the state that both were compared with
    std::vector<MergedKey> keys;   // variables first, then intermediate, each in key order
};

struct RunMerged final : RunEvent {
    SKEIN_RUN_EVENT(RunMerged)
    SKEIN_TOUCHES_KEYS
    MergeFacts facts;
};
// On the parent, in the batch of the child's RunCompleted.
struct ChildMerged final : RunEvent {
    SKEIN_RUN_EVENT(ChildMerged)
    SKEIN_TOUCHES_KEYS
    MergeFacts facts;
};

enum class Resolution : std::uint8_t { kSource, kTarget, kValue };
struct ConflictResolved final : RunEvent {
    SKEIN_RUN_EVENT(ConflictResolved)
    SKEIN_TOUCHES_KEYS
    std::string conflict;  // c<version>.<n>
    Area area = Area::kVariables;
    std::string key;
    Resolution resolution = Resolution::kSource;
    std::optional<StoredValue> value;  // absent: the key is deleted
};

// All of the above, for registries and codecs.
const std::vector<const EventType*>& run_event_types();

}  // namespace skein::domain::run
