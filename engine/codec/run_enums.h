// The enums of run.fbs and of the domain side by side: every number means the same in both.
//
// Threads: constants. Errors: a difference does not compile. Source: V-170.
#pragma once

#include "engine/domain/run/entry.h"
#include "engine/domain/run/run_events.h"
#include "skein_schemas/run_generated.h"

namespace skein::codec {

#define SKEIN_SAME_NUMBER(Enum, Name) \
    static_assert(static_cast<int>(fbs::Enum::Name) == static_cast<int>(domain::run::Enum::k##Name))

SKEIN_SAME_NUMBER(Area, Variables);
SKEIN_SAME_NUMBER(Area, Intermediate);
SKEIN_SAME_NUMBER(Sensitivity, Public);
SKEIN_SAME_NUMBER(Sensitivity, Internal);
SKEIN_SAME_NUMBER(Sensitivity, Confidential);
SKEIN_SAME_NUMBER(Sensitivity, Secret);
SKEIN_SAME_NUMBER(Sensitivity, Pii);
SKEIN_SAME_NUMBER(Source, Parent);
SKEIN_SAME_NUMBER(Source, Step);
SKEIN_SAME_NUMBER(Source, User);
SKEIN_SAME_NUMBER(Source, System);
SKEIN_SAME_NUMBER(Mutability, Frozen);
SKEIN_SAME_NUMBER(Mutability, Mutable);
SKEIN_SAME_NUMBER(Destination, ParentContext);
SKEIN_SAME_NUMBER(Destination, Blackboard);
SKEIN_SAME_NUMBER(Destination, PersistentStore);
SKEIN_SAME_NUMBER(Destination, ExternalSystem);
SKEIN_SAME_NUMBER(RunStatus, Pending);
SKEIN_SAME_NUMBER(RunStatus, Initializing);
SKEIN_SAME_NUMBER(RunStatus, Running);
SKEIN_SAME_NUMBER(RunStatus, Paused);
SKEIN_SAME_NUMBER(RunStatus, Blocked);
SKEIN_SAME_NUMBER(RunStatus, Completed);
SKEIN_SAME_NUMBER(RunStatus, Failed);
SKEIN_SAME_NUMBER(RunStatus, Cancelled);
SKEIN_SAME_NUMBER(StepStatus, Pending);
SKEIN_SAME_NUMBER(StepStatus, Running);
SKEIN_SAME_NUMBER(StepStatus, Completed);
SKEIN_SAME_NUMBER(StepStatus, Failed);
SKEIN_SAME_NUMBER(StepStatus, Skipped);
SKEIN_SAME_NUMBER(StepStatus, Cancelled);
SKEIN_SAME_NUMBER(StepStatus, Blocked);
SKEIN_SAME_NUMBER(Strategy, ChildWins);
SKEIN_SAME_NUMBER(Strategy, ParentWins);
SKEIN_SAME_NUMBER(Strategy, MergeObjects);
SKEIN_SAME_NUMBER(Strategy, ArrayConcat);
SKEIN_SAME_NUMBER(Strategy, KeepLatest);
SKEIN_SAME_NUMBER(Strategy, ExplicitMapping);
SKEIN_SAME_NUMBER(Strategy, FastForward);
SKEIN_SAME_NUMBER(Strategy, ManualReview);
SKEIN_SAME_NUMBER(UpdateOp, Set);
SKEIN_SAME_NUMBER(UpdateOp, Append);
SKEIN_SAME_NUMBER(UpdateOp, Delete);
SKEIN_SAME_NUMBER(UpdateOp, Merge);
SKEIN_SAME_NUMBER(ParentMerge, None);
SKEIN_SAME_NUMBER(ParentMerge, Merged);
SKEIN_SAME_NUMBER(ParentMerge, ParentEnded);
SKEIN_SAME_NUMBER(RestoreMode, Replace);
SKEIN_SAME_NUMBER(RestoreMode, Merge);
SKEIN_SAME_NUMBER(MergeResult, Taken);
SKEIN_SAME_NUMBER(MergeResult, Deleted);
SKEIN_SAME_NUMBER(MergeResult, Combined);
SKEIN_SAME_NUMBER(MergeResult, Kept);
SKEIN_SAME_NUMBER(MergeResult, Conflict);
SKEIN_SAME_NUMBER(Resolution, Source);
SKEIN_SAME_NUMBER(Resolution, Target);
SKEIN_SAME_NUMBER(Resolution, Value);

#undef SKEIN_SAME_NUMBER

}  // namespace skein::codec
