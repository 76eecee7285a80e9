#include "engine/codec/payload_builder.h"
#include "engine/codec/run_enums.h"
#include "engine/codec/run_events_codec.h"

namespace skein::codec {

namespace {

namespace run = domain::run;

template <class Table>
std::string finish_run(Builder& builder, Offset<Table> root) {
    return finish(builder, root, kRunIdentifier);
}

Offset<fbs::RunPoint> put_point(Builder& builder, const run::RunPoint& point) {
    return fbs::CreateRunPoint(builder, put_name(builder, point.run), point.version.value());
}

Offset<fbs::RunPoint> put_point(Builder& builder, const std::optional<run::RunPoint>& point) {
    if (!point) return {};
    return put_point(builder, *point);
}

Offset<fbs::Assignment> put_assignment(Builder& builder, const run::Assignment& item) {
    const auto key = put_name(builder, item.first);
    return fbs::CreateAssignment(builder, key, put_unless_null(builder, item.second));
}

Offset<fbs::Update> put_update(Builder& builder, const run::Update& update) {
    const auto key = put_name(builder, update.key);
    const auto value = put_unless_null(builder, update.value);
    return fbs::CreateUpdate(
        builder, same_number<fbs::Area>(update.area), key, same_number<fbs::UpdateOp>(update.op),
        value, same_number<fbs::Sensitivity>(update.sensitivity),
        same_number<fbs::Source>(update.source), same_number<fbs::Mutability>(update.mutability));
}

std::string encode(const run::RunStarted& event, Builder& builder) {
    const auto routine = put_unless_null(builder, event.routine);
    const auto inputs = put_list<fbs::Assignment>(builder, event.inputs, put_assignment);
    const auto parent = put_point(builder, event.parent);
    const auto inherited = put_names(builder, event.inherited);
    const auto permissions = put_unless_null(builder, event.permissions);
    const auto limits = put_unless_null(builder, event.limits);
    return finish_run(builder, fbs::CreateRunStarted(builder, routine, inputs, parent, inherited,
                                                     event.inherits_all, permissions, limits,
                                                     same_number<fbs::RunStatus>(event.status)));
}

std::string encode(const run::ContextUpdated& event, Builder& builder) {
    const auto updates = put_list<fbs::Update>(builder, event.updates, put_update);
    return finish_run(builder, fbs::CreateContextUpdated(builder, updates));
}

std::string encode(const run::StepStarted& event, Builder& builder) {
    const auto step = put_name(builder, event.step);
    const auto step_type = put_text(builder, event.step_type);
    return finish_run(builder, fbs::CreateStepStarted(builder, step, step_type));
}

std::string encode(const run::StepCompleted& event, Builder& builder) {
    const auto step = put_name(builder, event.step);
    return finish_run(builder,
                      fbs::CreateStepCompleted(builder, step, put_given(builder, event.output)));
}

std::string encode(const run::StepFailed& event, Builder& builder) {
    const auto step = put_name(builder, event.step);
    return finish_run(builder,
                      fbs::CreateStepFailed(builder, step, put_unless_null(builder, event.error)));
}

std::string encode(const run::StepUpdated& event, Builder& builder) {
    const auto step = put_name(builder, event.step);
    const auto detail = put_given(builder, event.detail);
    return finish_run(
        builder,
        fbs::CreateStepUpdated(builder, step, same_number<fbs::StepStatus>(event.status), detail));
}

std::string encode(const run::UsageRecorded& event, Builder& builder) {
    const auto crossed = put_names(builder, event.crossed);
    const run::Usage& usage = event.usage;
    return finish_run(builder, fbs::CreateUsageRecorded(builder, usage.credits, usage.duration_ms,
                                                        usage.tool_calls, usage.memory_mb,
                                                        usage.branches, crossed));
}

std::string encode(const run::ExportMarked& event, Builder& builder) {
    const auto key = put_name(builder, event.key);
    Offset<flatbuffers::String> transformation;
    if (event.mark.has_transformation)
        transformation = put_name(builder, event.mark.transformation);
    return finish_run(
        builder,
        fbs::CreateExportMarked(builder, key, same_number<fbs::Destination>(event.mark.destination),
                                transformation));
}

Offset<fbs::Delivery> put_delivery(Builder& builder, const run::Delivery& delivery) {
    const auto key = put_name(builder, delivery.key);
    const auto value = put_stored(builder, delivery.value);
    return fbs::CreateDelivery(builder, key, same_number<fbs::Destination>(delivery.destination),
                               value);
}

std::string encode(const run::RunCompleted& event, Builder& builder) {
    const auto outputs = put_list<fbs::Assignment>(builder, event.outputs, put_assignment);
    const auto deliveries = put_list<fbs::Delivery>(builder, event.deliveries, put_delivery);
    return finish_run(builder,
                      fbs::CreateRunCompleted(builder, outputs, deliveries,
                                              same_number<fbs::ParentMerge>(event.parent_merge)));
}

std::string encode(const run::RunFailed& event, Builder& builder) {
    return finish_run(builder, fbs::CreateRunFailed(builder, put_given(builder, event.error)));
}
std::string encode(const run::RunCancelled& event, Builder& builder) {
    return finish_run(builder, fbs::CreateRunCancelled(builder, put_given(builder, event.error)));
}
std::string encode(const run::RunPaused& event, Builder& builder) {
    return finish_run(builder, fbs::CreateRunPaused(builder, put_given(builder, event.error)));
}
std::string encode(const run::RunResumed& event, Builder& builder) {
    return finish_run(builder, fbs::CreateRunResumed(builder, put_given(builder, event.error)));
}

std::string encode(const run::RunStatusChanged& event, Builder& builder) {
    const auto detail = put_given(builder, event.detail);
    return finish_run(builder, fbs::CreateRunStatusChanged(
                                   builder, same_number<fbs::RunStatus>(event.status), detail));
}

std::string encode(const run::CheckpointCreated& event, Builder& builder) {
    const auto name = put_name(builder, event.name);
    const auto description = put_text(builder, event.description);
    const auto retention = put_text(builder, event.retention);
    return finish_run(builder, fbs::CreateCheckpointCreated(builder, name, description, retention));
}

std::string encode(const run::TagCreated& event, Builder& builder) {
    return finish_run(builder, fbs::CreateTagCreated(builder, put_name(builder, event.name)));
}

std::string encode(const run::RunRestored& event, Builder& builder) {
    return finish_run(builder, fbs::CreateRunRestored(builder, event.to.value(),
                                                      same_number<fbs::RestoreMode>(event.mode)));
}

std::string encode(const run::RunForked& event, Builder& builder) {
    const auto source = put_point(builder, event.source);
    const auto updates = put_list<fbs::Update>(builder, event.updates, put_update);
    return finish_run(builder, fbs::CreateRunForked(builder, source, updates));
}

Offset<fbs::StoredValue> put_lost(Builder& builder, const domain::StoredValue& value) {
    return put_stored(builder, value);
}
Offset<fbs::RunPoint> put_lost_at(Builder& builder, const run::RunPoint& point) {
    return put_point(builder, point);
}

Offset<fbs::MergedKey> put_merged_key(Builder& builder, const run::MergedKey& merged) {
    const auto key = put_name(builder, merged.key);
    const auto value = put_stored(builder, merged.value);
    const auto lost_at = put_list<fbs::RunPoint>(builder, merged.lost_at, put_lost_at);
    const auto lost = put_list<fbs::StoredValue>(builder, merged.lost, put_lost);
    const auto base = put_stored(builder, merged.base_value);
    const auto source = put_stored(builder, merged.source_value);
    const auto target = put_stored(builder, merged.target_value);
    return fbs::CreateMergedKey(builder, same_number<fbs::Area>(merged.area), key,
                                same_number<fbs::MergeResult>(merged.result), value,
                                same_number<fbs::Strategy>(merged.strategy), lost_at, lost, base,
                                source, target);
}

Offset<fbs::MergeFacts> put_facts(Builder& builder, const run::MergeFacts& facts) {
    const auto source = put_point(builder, facts.source);
    const auto base = put_point(builder, facts.base);
    const auto keys = put_list<fbs::MergedKey>(builder, facts.keys, put_merged_key);
    return fbs::CreateMergeFacts(builder, source, same_number<fbs::Strategy>(facts.strategy), base,
                                 keys);
}

std::string encode(const run::RunMerged& event, Builder& builder) {
    return finish_run(builder, fbs::CreateRunMerged(builder, put_facts(builder, event.facts)));
}
std::string encode(const run::ChildMerged& event, Builder& builder) {
    return finish_run(builder, fbs::CreateChildMerged(builder, put_facts(builder, event.facts)));
}

std::string encode(const run::ConflictResolved& event, Builder& builder) {
    const auto conflict = put_name(builder, event.conflict);
    const auto key = put_name(builder, event.key);
    const auto value = put_stored(builder, event.value);
    return finish_run(builder, fbs::CreateConflictResolved(
                                   builder, conflict, same_number<fbs::Area>(event.area), key,
                                   same_number<fbs::Resolution>(event.resolution), value));
}

template <class Body>
NamedEncode encoder() {
    return {&Body::kType, [](const domain::EventBody& body) {
                return encode(static_cast<const Body&>(body), fresh_builder());
            }};
}

}  // namespace

std::vector<NamedEncode> run_encoders() {
    return {encoder<run::RunStarted>(),        encoder<run::ContextUpdated>(),
            encoder<run::StepStarted>(),       encoder<run::StepCompleted>(),
            encoder<run::StepFailed>(),        encoder<run::StepUpdated>(),
            encoder<run::UsageRecorded>(),     encoder<run::ExportMarked>(),
            encoder<run::RunCompleted>(),      encoder<run::RunFailed>(),
            encoder<run::RunCancelled>(),      encoder<run::RunPaused>(),
            encoder<run::RunResumed>(),        encoder<run::RunStatusChanged>(),
            encoder<run::CheckpointCreated>(), encoder<run::TagCreated>(),
            encoder<run::RunRestored>(),       encoder<run::RunForked>(),
            encoder<run::RunMerged>(),         encoder<run::ChildMerged>(),
            encoder<run::ConflictResolved>()};
}

}  // namespace skein::codec
