#include <algorithm>

#include "engine/base/check.h"
#include "engine/codec/payload_reader.h"
#include "engine/codec/run_enums.h"
#include "engine/codec/run_events_codec.h"

namespace skein::codec {

namespace {

namespace run = domain::run;
using Shape = PayloadReader::Shape;
using Names = PayloadReader::Names;

run::RunPoint read_point(PayloadReader& in, const fbs::RunPoint& table) {
    return {in.id(table.run(), "run"), Version(table.version())};
}

std::optional<run::RunPoint> read_point(PayloadReader& in, const fbs::RunPoint* table) {
    if (table == nullptr) return std::nullopt;
    return read_point(in, *table);
}

run::Assignment read_assignment(PayloadReader& in, const fbs::Assignment& table) {
    std::string key = in.key(table.key(), "key");
    return {std::move(key), in.value(table.value(), "value")};
}

// They are printed as one object, so no key may stand there twice.
std::vector<run::Assignment> read_assignments(
    PayloadReader& in, const flatbuffers::Vector<flatbuffers::Offset<fbs::Assignment>>* tables,
    std::string_view name) {
    std::vector<run::Assignment> items = in.list<run::Assignment>(tables, read_assignment);
    std::vector<std::string_view> keys;
    keys.reserve(items.size());
    for (const run::Assignment& item : items) keys.push_back(item.first);
    std::sort(keys.begin(), keys.end());
    if (std::adjacent_find(keys.begin(), keys.end()) != keys.end())
        in.refuse(name, "a list of keys that differ");
    return items;
}

run::Update read_update(PayloadReader& in, const fbs::Update& table) {
    run::Update update;
    update.area = in.choice<run::Area>(table.area(), "area");
    update.key = in.key(table.key(), "key");
    update.op = in.choice<run::UpdateOp>(table.op(), "op");
    update.value = in.value(table.value(), "value");
    update.sensitivity = in.choice<run::Sensitivity>(table.sensitivity(), "sensitivity");
    update.source = in.choice<run::Source>(table.source(), "source");
    update.mutability = in.choice<run::Mutability>(table.mutability(), "mutability");
    return update;
}

void read(PayloadReader& in, const fbs::RunStarted& table, run::RunStarted& event) {
    event.routine = in.value(table.routine(), "routine", Shape::kObject);
    event.inputs = read_assignments(in, table.inputs(), "inputs");
    event.parent = read_point(in, table.parent());
    event.inherited = in.names(table.inherited(), "inherited", Names::kKeys);
    event.inherits_all = table.inherits_all();
    event.permissions = in.value(table.permissions(), "permissions", Shape::kArray);
    event.limits = in.value(table.limits(), "limits", Shape::kObject);
    event.status = in.choice<run::RunStatus>(table.status(), "status");
    if (event.inherits_all && !event.inherited.empty())
        in.refuse("inherited", "empty where all is inherited");
}

void read(PayloadReader& in, const fbs::ContextUpdated& table, run::ContextUpdated& event) {
    event.updates = in.list<run::Update>(table.updates(), read_update);
}

void read(PayloadReader& in, const fbs::StepStarted& table, run::StepStarted& event) {
    event.step = in.id(table.step(), "step");
    event.step_type = in.text(table.step_type(), "step_type");
}

void read(PayloadReader& in, const fbs::StepCompleted& table, run::StepCompleted& event) {
    event.step = in.id(table.step(), "step");
    event.output = in.given(table.output(), "output");
}

void read(PayloadReader& in, const fbs::StepFailed& table, run::StepFailed& event) {
    event.step = in.id(table.step(), "step");
    event.error = in.value(table.error(), "error");
}

void read(PayloadReader& in, const fbs::StepUpdated& table, run::StepUpdated& event) {
    event.step = in.id(table.step(), "step");
    event.status = in.choice<run::StepStatus>(table.status(), "status");
    event.detail = in.given(table.detail(), "detail");
}

void read(PayloadReader& in, const fbs::UsageRecorded& table, run::UsageRecorded& event) {
    event.usage.credits = in.amount(table.credits(), "credits");
    event.usage.duration_ms = in.amount(table.duration_ms(), "duration_ms");
    event.usage.tool_calls = in.amount(table.tool_calls(), "tool_calls");
    event.usage.memory_mb = in.amount(table.memory_mb(), "memory_mb");
    event.usage.branches = in.amount(table.branches(), "branches");
    event.crossed = in.names(table.crossed(), "crossed", Names::kTexts);
}

void read(PayloadReader& in, const fbs::ExportMarked& table, run::ExportMarked& event) {
    event.key = in.key(table.key(), "key");
    event.mark.destination = in.choice<run::Destination>(table.destination(), "destination");
    event.mark.has_transformation = table.transformation() != nullptr;
    event.mark.transformation = in.text(table.transformation(), "transformation");
}

run::Delivery read_delivery(PayloadReader& in, const fbs::Delivery& table) {
    run::Delivery delivery;
    delivery.key = in.key(table.key(), "key");
    delivery.destination = in.choice<run::Destination>(table.destination(), "destination");
    delivery.value = in.stored(table.value(), "value");
    return delivery;
}

void read(PayloadReader& in, const fbs::RunCompleted& table, run::RunCompleted& event) {
    event.outputs = read_assignments(in, table.outputs(), "outputs");
    event.deliveries = in.list<run::Delivery>(table.deliveries(), read_delivery);
    event.parent_merge = in.choice<run::ParentMerge>(table.parent_merge(), "parent_merge");
}

void read(PayloadReader& in, const fbs::RunFailed& table, run::RunFailed& event) {
    event.error = in.given(table.error(), "error");
}
void read(PayloadReader& in, const fbs::RunCancelled& table, run::RunCancelled& event) {
    event.error = in.given(table.error(), "error");
}
void read(PayloadReader& in, const fbs::RunPaused& table, run::RunPaused& event) {
    event.error = in.given(table.error(), "error");
}
void read(PayloadReader& in, const fbs::RunResumed& table, run::RunResumed& event) {
    event.error = in.given(table.error(), "error");
}

void read(PayloadReader& in, const fbs::RunStatusChanged& table, run::RunStatusChanged& event) {
    event.status = in.choice<run::RunStatus>(table.status(), "status");
    event.detail = in.given(table.detail(), "detail");
}

void read(PayloadReader& in, const fbs::CheckpointCreated& table, run::CheckpointCreated& event) {
    event.name = in.id(table.name(), "name");
    event.description = in.text(table.description(), "description");
    event.retention = in.text(table.retention(), "retention");
}

void read(PayloadReader& in, const fbs::TagCreated& table, run::TagCreated& event) {
    event.name = in.id(table.name(), "name");
}

void read(PayloadReader& in, const fbs::RunRestored& table, run::RunRestored& event) {
    event.to = Version(table.to());
    event.mode = in.choice<run::RestoreMode>(table.mode(), "mode");
}

void read(PayloadReader& in, const fbs::RunForked& table, run::RunForked& event) {
    event.source = read_point(in, *table.source());
    event.updates = in.list<run::Update>(table.updates(), read_update);
    if (event.source.version.value() == 0) in.refuse("source", "a version from 1 on");
}

run::MergedKey read_merged_key(PayloadReader& in, const fbs::MergedKey& table) {
    run::MergedKey merged;
    merged.area = in.choice<run::Area>(table.area(), "area");
    merged.key = in.key(table.key(), "key");
    merged.result = in.choice<run::MergeResult>(table.result(), "result");
    merged.value = in.given(table.value(), "value");
    merged.strategy = in.choice<run::Strategy>(table.strategy(), "strategy");
    merged.lost_at = in.list<run::RunPoint>(table.lost_at(),
                                            [](PayloadReader& reader, const fbs::RunPoint& point) {
                                                return read_point(reader, point);
                                            });
    merged.lost = in.list<domain::StoredValue>(
        table.lost(), [](PayloadReader& reader, const fbs::StoredValue& value) {
            return reader.stored(&value, "lost");
        });
    merged.base_value = in.given(table.base_value(), "base_value");
    merged.source_value = in.given(table.source_value(), "source_value");
    merged.target_value = in.given(table.target_value(), "target_value");
    if (merged.lost.size() != merged.lost_at.size()) in.refuse("lost", "as long as lost_at");
    return merged;
}

run::MergeFacts read_facts(PayloadReader& in, const fbs::MergeFacts& table) {
    run::MergeFacts facts;
    facts.source = read_point(in, *table.source());
    facts.strategy = in.choice<run::Strategy>(table.strategy(), "strategy");
    facts.base = read_point(in, table.base());
    facts.keys = in.list<run::MergedKey>(table.keys(), read_merged_key);
    return facts;
}

void read(PayloadReader& in, const fbs::RunMerged& table, run::RunMerged& event) {
    event.facts = read_facts(in, *table.facts());
}
void read(PayloadReader& in, const fbs::ChildMerged& table, run::ChildMerged& event) {
    event.facts = read_facts(in, *table.facts());
}

// c<version>.<n>
bool is_conflict_id(std::string_view text) {
    const std::size_t dot = text.find('.');
    const auto is_number = [](std::string_view digits) {
        return !digits.empty() && std::all_of(digits.begin(), digits.end(),
                                              [](char c) { return c >= '0' && c <= '9'; });
    };
    return text.size() > 1 && text[0] == 'c' && dot != std::string_view::npos &&
           is_number(text.substr(1, dot - 1)) && is_number(text.substr(dot + 1));
}

void read(PayloadReader& in, const fbs::ConflictResolved& table, run::ConflictResolved& event) {
    event.conflict = in.id(table.conflict(), "conflict");
    event.area = in.choice<run::Area>(table.area(), "area");
    event.key = in.key(table.key(), "key");
    event.resolution = in.choice<run::Resolution>(table.resolution(), "resolution");
    event.value = in.given(table.value(), "value");
    if (in.ok() && !is_conflict_id(event.conflict)) in.refuse("conflict", "c<version>.<n>");
}

template <class Body, class Table>
NamedDecode decoder() {
    return {&Body::kType, [](std::string_view payload) {
                return decode_as<Body, Table>(payload, kRunIdentifier,
                                              [](PayloadReader& in, const Table& table,
                                                 Body& event) { read(in, table, event); });
            }};
}

}  // namespace

std::vector<NamedDecode> run_decoders() {
    return {decoder<run::RunStarted, fbs::RunStarted>(),
            decoder<run::ContextUpdated, fbs::ContextUpdated>(),
            decoder<run::StepStarted, fbs::StepStarted>(),
            decoder<run::StepCompleted, fbs::StepCompleted>(),
            decoder<run::StepFailed, fbs::StepFailed>(),
            decoder<run::StepUpdated, fbs::StepUpdated>(),
            decoder<run::UsageRecorded, fbs::UsageRecorded>(),
            decoder<run::ExportMarked, fbs::ExportMarked>(),
            decoder<run::RunCompleted, fbs::RunCompleted>(),
            decoder<run::RunFailed, fbs::RunFailed>(),
            decoder<run::RunCancelled, fbs::RunCancelled>(),
            decoder<run::RunPaused, fbs::RunPaused>(),
            decoder<run::RunResumed, fbs::RunResumed>(),
            decoder<run::RunStatusChanged, fbs::RunStatusChanged>(),
            decoder<run::CheckpointCreated, fbs::CheckpointCreated>(),
            decoder<run::TagCreated, fbs::TagCreated>(),
            decoder<run::RunRestored, fbs::RunRestored>(),
            decoder<run::RunForked, fbs::RunForked>(),
            decoder<run::RunMerged, fbs::RunMerged>(),
            decoder<run::ChildMerged, fbs::ChildMerged>(),
            decoder<run::ConflictResolved, fbs::ConflictResolved>()};
}

std::vector<EventCodec> run_event_codecs() {
    const std::vector<NamedEncode> encoders = run_encoders();
    const std::vector<NamedDecode> decoders = run_decoders();
    SKEIN_CHECK(encoders.size() == decoders.size(), "{} encoders, {} decoders", encoders.size(),
                decoders.size());
    std::vector<EventCodec> codecs;
    for (std::size_t i = 0; i < encoders.size(); ++i) {
        SKEIN_CHECK(encoders[i].type == decoders[i].type, "{} stands beside {}",
                    encoders[i].type->name, decoders[i].type->name);
        codecs.push_back({encoders[i].type, encoders[i].encode, decoders[i].decode});
    }
    return codecs;
}

}  // namespace skein::codec
