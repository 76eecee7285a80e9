// The rejection codes of merging, restoring, forking and resolving; the others stand in codes.h.
//
// Threads: constants. Source: interfaces section 9 (Merge, Hierarchy).
#pragma once

#include <vector>

#include "engine/domain/rejection.h"

namespace skein::domain::codes {

inline constexpr RejectionCode kMergeWithItself{
    "merge-with-itself", RejectionClass::kInvalid, "A run cannot be merged into itself.",
    "Name another run as the source; to go back in one run use RestoreRun."};
inline constexpr RejectionCode kNoMergeBase{
    "no-merge-base", RejectionClass::kConflict,
    "The two runs have no common point: neither a merge, nor a fork or parent line that meets.",
    "Merge runs of one family, or copy the values with UpdateContext."};
inline constexpr RejectionCode kNotFastForward{
    "not-fast-forward", RejectionClass::kConflict,
    "The target has changed since the merge base, so that it cannot simply be brought forward.",
    "Merge with another strategy, such as child_wins or manual_review."};
inline constexpr RejectionCode kResolutionWithoutConflict{
    "resolution-without-conflict", RejectionClass::kConflict,
    "A resolution names a variable that is not in conflict.",
    "Remove it; `skein merge --dry-run` lists the keys that conflict."};
inline constexpr RejectionCode kMappingRefused{
    "mapping-refused", RejectionClass::kInvalid,
    "A mapping stands beside another strategy than explicit_mapping, or holds explicit_mapping or "
    "fast_forward itself.",
    "Use strategy explicit_mapping, and map keys to strategies that decide one key."};
inline constexpr RejectionCode kForkAtStart{
    "fork-at-start", RejectionClass::kInvalid,
    "A run cannot be forked before its first event: there is nothing yet.",
    "Fork at version 1 or later, or start a new run with StartRun."};
inline constexpr RejectionCode kConflictNotFound{
    "conflict-not-found", RejectionClass::kNotFound, "The run has no open conflict of this id.",
    "See `conflicts` of `skein show run/R --json` for those that are open."};

}  // namespace skein::domain::codes

namespace skein::domain::run {

const std::vector<const RejectionCode*>& merge_codes();

}  // namespace skein::domain::run
