#include "engine/domain/run/run_kind.h"

#include "engine/domain/run/codes.h"
#include "engine/domain/run/commands.h"
#include "engine/domain/run/merge_codes.h"
#include "engine/domain/run/merge_commands.h"
#include "engine/domain/run/run_events.h"

namespace skein::domain::run {

const std::vector<const EventType*>& run_event_types() {
    static const std::vector<const EventType*> types{
        &RunStarted::kType,    &ContextUpdated::kType,   &StepStarted::kType,
        &StepCompleted::kType, &StepFailed::kType,       &StepUpdated::kType,
        &UsageRecorded::kType, &ExportMarked::kType,     &RunCompleted::kType,
        &RunFailed::kType,     &RunCancelled::kType,     &RunPaused::kType,
        &RunResumed::kType,    &RunStatusChanged::kType, &CheckpointCreated::kType,
        &TagCreated::kType,    &RunRestored::kType,      &RunForked::kType,
        &RunMerged::kType,     &ChildMerged::kType,      &ConflictResolved::kType,
    };
    return types;
}

const std::vector<const RejectionCode*>& run_codes() {
    static const auto all = [] {
        std::vector<const RejectionCode*> codes{
            &codes::kRunNotFound,         &codes::kRunAlreadyFinished,    &codes::kRunNotRunning,
            &codes::kIllegalStatusChange, &codes::kInheritWithoutParent,  &codes::kParentNotFound,
            &codes::kParentFinished,      &codes::kInheritedKeyAbsent,    &codes::kKeyFrozen,
            &codes::kNotAppendable,       &codes::kStepAlreadyRunning,    &codes::kStepNotRunning,
            &codes::kStepAlreadyEnded,    &codes::kUsageTooLarge,         &codes::kExportKeyAbsent,
            &codes::kExportForbidden,     &codes::kTransformationRefused, &codes::kNameTaken,
        };
        codes.insert(codes.end(), merge_codes().begin(), merge_codes().end());
        return codes;
    }();
    return all;
}

Kind run_kind() {
    Kind kind;
    kind.name = "run";
    kind.segments = {"swarm", "run"};
    kind.document_schema = "skein.run/1";
    kind.make_state = [](const Stream& stream) -> std::shared_ptr<State> {
        return std::make_shared<RunState>(stream);
    };
    kind.commands = {
        start_run_command(),     update_context_command(),   start_step_command(),
        complete_step_command(), fail_step_command(),        update_step_command(),
        record_usage_command(),  mark_for_export_command(),  complete_run_command(),
        fail_run_command(),      cancel_run_command(),       pause_run_command(),
        resume_run_command(),    set_run_status_command(),   checkpoint_run_command(),
        tag_run_command(),       restore_run_command(),      fork_run_command(),
        merge_run_command(),     resolve_conflict_command(),
    };
    kind.events = run_event_types();
    kind.codes = run_codes();
    kind.fork_command = "ForkRun";
    kind.list_members = {"status", "step", "parent", "forked_from", "updated_at"};
    return kind;
}

}  // namespace skein::domain::run
