// The events by which a run takes over what stands in another one, or in its own past: restored,
// forked, merged, and what became of conflicts.
//
// Threads: immutable after construction. Errors: none.
// Source: interfaces sections 2 and 9 (Merge), V-08, V-18.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/domain/run/run_event.h"

namespace skein::domain::run {

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

}  // namespace skein::domain::run
