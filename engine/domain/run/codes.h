// The rejection codes of runs but those of merging, restoring and forking (merge_codes.h).
//
// Threads: constants. Source: interfaces section 9 (Updates, Steps, Run status, Hierarchy, Exports).
#pragma once

#include <vector>

#include "engine/domain/codes.h"
#include "engine/domain/swarm/codes.h"

namespace skein::domain::codes {

inline constexpr RejectionCode kRunNotFound{
    "run-not-found", RejectionClass::kNotFound, "The swarm has no run of this id.",
    "Check the id with `skein ls runs`, or start the run with StartRun."};
inline constexpr RejectionCode kRunAlreadyFinished{
    "run-already-finished", RejectionClass::kConflict,
    "The run is completed, failed or cancelled: it takes checkpoints and tags alone.",
    "Read it, or fork it and go on in the fork."};
inline constexpr RejectionCode kRunNotRunning{
    "run-not-running", RejectionClass::kConflict,
    "The command needs a run whose status lets it work.",
    "Bring the run to running with ResumeRun or SetRunStatus, then send the command again."};
inline constexpr RejectionCode kIllegalStatusChange{
    "illegal-status-change", RejectionClass::kConflict,
    "The run's status does not change from what it is to what was asked.",
    "Use a change that the message names."};
inline constexpr RejectionCode kInheritWithoutParent{
    "inherit-without-parent", RejectionClass::kInvalid, "`inherit` is given, and no parent.",
    "Name the parent run, or leave `inherit` out."};
inline constexpr RejectionCode kParentNotFound{
    "parent-not-found", RejectionClass::kNotFound, "The parent is no run of this swarm.",
    "Start the parent first, or name another run of the same swarm."};
inline constexpr RejectionCode kParentFinished{
    "parent-finished", RejectionClass::kConflict,
    "The parent is completed, failed or cancelled: it takes no more children.",
    "Start the run without a parent, or fork the finished run."};
inline constexpr RejectionCode kInheritedKeyAbsent{
    "inherited-key-absent", RejectionClass::kConflict,
    "`inherit` names a variable that the parent does not have.",
    "Name variables that the parent has; `skein show run/PARENT --values` lists them."};
inline constexpr RejectionCode kKeyFrozen{
    "key-frozen", RejectionClass::kConflict,
    "The key was written with `mutable` false: nothing but a restore changes it.",
    "Write to another key."};
inline constexpr RejectionCode kNotAppendable{
    "not-appendable", RejectionClass::kConflict,
    "An append needs an array, or a string on both sides.",
    "Set the key to an array first, or use set or merge."};
inline constexpr RejectionCode kStepAlreadyRunning{
    "step-already-running", RejectionClass::kConflict, "The step runs already.",
    "Complete or fail it first, or start a step of another id."};
inline constexpr RejectionCode kStepNotRunning{"step-not-running", RejectionClass::kConflict,
                                               "The step does not run.",
                                               "Start it with StartStep first."};
inline constexpr RejectionCode kStepAlreadyEnded{
    "step-already-ended", RejectionClass::kConflict,
    "The step is completed, failed, skipped or cancelled.", "Start it again with StartStep."};
inline constexpr RejectionCode kUsageTooLarge{"usage-too-large", RejectionClass::kConflict,
                                              "The sum of the usage is no finite number.",
                                              "Record amounts in a larger unit."};
inline constexpr RejectionCode kExportKeyAbsent{
    "export-key-absent", RejectionClass::kConflict,
    "The key to be exported is neither a variable nor an intermediate result.",
    "Set the key first, then mark it."};
inline constexpr RejectionCode kExportForbidden{
    "export-forbidden", RejectionClass::kDenied,
    "Values of sensitivity secret or pii do not leave for the blackboard or an external system.",
    "Allow the key in the swarm's config.exports_allowed, or export another key."};
inline constexpr RejectionCode kTransformationRefused{
    "transformation-refused", RejectionClass::kInvalid,
    "An export to parent_context takes no transformation: whole keys merge.",
    "Leave `transformation` out."};
inline constexpr RejectionCode kNameTaken{
    "name-taken", RejectionClass::kConflict,
    "The run has a tag, or a checkpoint, of this name already; names do not move.",
    "Use another name."};

}  // namespace skein::domain::codes

namespace skein::domain::run {

// The codes of this header and of merge_codes.h.
const std::vector<const RejectionCode*>& run_codes();

}  // namespace skein::domain::run
