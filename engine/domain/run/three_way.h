// The three-way merge of one value: what a source and a target made of a common base.
//
// A side that is nullopt has no such value. Nothing here knows of keys, runs or events.
// Threads: pure. Errors: none. Cost: merge_objects is linear in the three objects, array_concat in
// base and source. Source: V-30 to V-37; interfaces section 9 (Merge).
#pragma once

#include <optional>

#include "engine/json/value.h"

namespace skein::domain::run {

struct Sides {
    std::optional<json::Value> base;
    std::optional<json::Value> source;
    std::optional<json::Value> target;
};

// Whether the target had something that the result leaves out or overrides.
enum class TargetLoss { kNone, kSome };

struct MergedValue {
    std::optional<json::Value> value;  // nullopt: deleted
    TargetLoss target_loss = TargetLoss::kNone;
};

// Objects member by member, to any depth. A member that one side changed is taken as changed; where
// both did, objects are merged in turn and anything else is the source's, deletions included. A
// base that is no object counts as `{}`. Where a side is no object the source wins as a whole.
MergedValue merge_objects(const Sides& sides);

// The target's elements, then those that the source added against the base: each element of the
// base takes one equal element of the source away, the rest keeps its order. Where a side is no
// array the source wins as a whole; a base that is none counts as `[]`.
MergedValue array_concat(const Sides& sides);

// `over` laid on `under`: objects are joined member by member, to any depth; else `over` wins. Null
// is a value like any other.
json::Value deep_merge(const json::Value& under, const json::Value& over);

}  // namespace skein::domain::run
