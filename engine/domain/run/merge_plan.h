// What a merge does, key by key: the three-way comparison of two runs, decided once and for all.
//
// A key that only the source changed is taken as changed, deletions included; one that both
// changed, to different values, is decided by its resolution, else by the strategy. Frozen keys
// that would change, resolutions of keys that do not conflict, and a fast_forward of a target that
// has changed are rejected. keep_latest compares the positions of the events that gave the two
// values, or removed them; of two equal positions the source's wins. A result that equals the
// target's value keeps the target as it is; one that equals the source's is taken from there,
// metadata included.
// Threads: pure. Errors: Rejection. Source: V-30 to V-38; interfaces section 9 (Merge).
#pragma once

#include <optional>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/run/merge_base.h"
#include "engine/domain/run/merge_choice.h"
#include "engine/domain/run/run_events.h"

namespace skein::domain::run {

struct MergePlan {
    MergeSides sides;
    // The keys that may merge; absent: all of both areas.
    std::optional<std::vector<Slot>> whitelist;
};

Result<MergeFacts, Rejection> plan_merge(const MergePlan& plan, const MergeChoice& choice,
                                         const Limits& limits);

}  // namespace skein::domain::run
