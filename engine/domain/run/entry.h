// What a run holds under its keys: variables and intermediate results, steps, exports, conflicts.
//
// Threads: value types. Errors: none. Source: V-03, V-06, V-07, V-12, V-14, V-45; interfaces 3 and 9.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/ids.h"
#include "engine/json/digest.h"
#include "engine/json/value.h"

namespace skein::domain::run {

enum class Area : std::uint8_t { kVariables, kIntermediate };
enum class Sensitivity : std::uint8_t { kPublic, kInternal, kConfidential, kSecret, kPii };
enum class Source : std::uint8_t { kParent, kStep, kUser, kSystem };
enum class Destination : std::uint8_t {
    kParentContext,
    kBlackboard,
    kPersistentStore,
    kExternalSystem,
};
enum class RunStatus : std::uint8_t {
    kPending,
    kInitializing,
    kRunning,
    kPaused,
    kBlocked,
    kCompleted,
    kFailed,
    kCancelled,
};
enum class StepStatus : std::uint8_t {
    kPending,
    kRunning,
    kCompleted,
    kFailed,
    kSkipped,
    kCancelled,
    kBlocked,
};
enum class Strategy : std::uint8_t {
    kChildWins,
    kParentWins,
    kMergeObjects,
    kArrayConcat,
    kKeepLatest,
    kExplicitMapping,
    kFastForward,
    kManualReview,
};

// The contract's words ("variables", "keep_latest", "in snake_case"), and back.
std::string_view to_string(Area area);
std::string_view to_string(Sensitivity sensitivity);
std::string_view to_string(Source source);
std::string_view to_string(Destination destination);
std::string_view to_string(RunStatus status);
std::string_view to_string(StepStatus status);
std::string_view to_string(Strategy strategy);
std::optional<Area> parse_area(std::string_view text);

// "variables" or "intermediate", then the key, then "value": where digests see an entry's value.
json::Path value_path(Area area, std::string_view key);

bool is_terminal(RunStatus status);
bool is_terminal(StepStatus status);  // completed, failed, skipped, cancelled

enum class Mutability : std::uint8_t { kFrozen, kMutable };

// A variable or an intermediate result.
struct Entry {
    json::Value value;
    Version version;  // of the event, in this stream, that gave the value; see RunState::version_of
    Position position;  // of the event that first gave the value, also where it was inherited
    Sensitivity sensitivity = Sensitivity::kInternal;
    Source source = Source::kUser;
    Mutability mutability = Mutability::kMutable;
    std::string actor;
    // Of `value` at its place in the document; kept by Entry's makers so that changes are cheap.
    json::Digest value_digest;

    // Of {"mutable","sensitivity","value"} at `at`.
    json::Digest digest(const json::Path& at) const;
    std::size_t size_bytes() const;
};

struct Step {
    StepStatus status = StepStatus::kPending;
    std::string type;                // empty where none was given
    std::optional<Version> started;  // versions of the stream where it happened
    std::optional<Version> ended;
    Version last;        // the last event about it: what @step:ID means
    json::Value detail;  // of UpdateStep, or the error of FailStep; null else
    // Of the events at `started` and `last`: in a fork those versions are of the stream where it
    // happened, positions tell their order in any. 0: from a state that was kept without them.
    Position started_at = {};
    Position last_at = {};

    json::Value document() const;
    json::Digest digest(const json::Path& at) const;
    std::size_t size_bytes() const;
};

struct ExportMark {
    Destination destination = Destination::kParentContext;
    std::string transformation;  // JSON Pointer; absent where !has_transformation
    bool has_transformation = false;

    json::Value document() const;
    json::Digest digest(const json::Path& at) const;
    std::size_t size_bytes() const;
};

// A name for a version: a tag, or a checkpoint with description and retention.
struct Tag {
    Version version;

    json::Value document() const;
    json::Digest digest(const json::Path& at) const;
    std::size_t size_bytes() const;
};
struct Checkpoint {
    Version version;
    std::string description;  // empty: none
    std::string retention;    // empty: none

    json::Value document() const;
    json::Digest digest(const json::Path& at) const;
    std::size_t size_bytes() const;
};

// An open conflict `c<version>.<n>`; absent sides are nullopt.
struct Conflict {
    Version version;
    std::uint64_t n = 0;
    Area area = Area::kVariables;
    std::string key;
    std::optional<json::Value> base;
    std::optional<json::Value> source;
    std::optional<json::Value> target;
    std::string from;      // source run
    Version from_version;  // its version merged

    std::string id() const;
    json::Value document() const;
};

using ConflictId = std::pair<std::uint64_t, std::uint64_t>;  // version and n
// `c<version>.<n>`; one id has one spelling.
std::optional<ConflictId> parse_conflict_id(std::string_view text);

// Where a run came from, or what it merged: a run and a version of it.
struct RunPoint {
    std::string run;
    Version version;

    json::Value document() const;
};

// Added up by RecordUsage, limited by StartRun. Absent ones were never recorded.
struct Usage {
    std::optional<double> credits;
    std::optional<double> duration_ms;
    std::optional<double> tool_calls;
    std::optional<double> memory_mb;
    std::optional<double> branches;

    json::Value document() const;  // only those present
};

}  // namespace skein::domain::run
