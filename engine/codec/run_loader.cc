#include <utility>

#include "engine/base/check.h"
#include "engine/codec/run_records.h"
#include "engine/codec/run_state_codec.h"
#include "engine/codec/slice_format.h"
#include "engine/domain/run/run_state.h"

namespace skein::codec {

namespace {

namespace run = domain::run;

std::optional<run::RunPoint> read_point(SliceReader& in) {
    if (in.u8() == 0) return std::nullopt;
    std::string id = in.id();
    return run::RunPoint{std::move(id), Version(in.number())};
}

std::optional<Version> read_version(SliceReader& in) {
    if (in.u8() == 0) return std::nullopt;
    return Version(in.number());
}

run::Usage read_usage(SliceReader& in) {
    run::Usage usage;
    const unsigned mask = in.u8();
    unsigned bit = 1;
    for (std::optional<double>* amount : {&usage.credits, &usage.duration_ms, &usage.tool_calls,
                                          &usage.memory_mb, &usage.branches}) {
        if ((mask & bit) != 0) *amount = in.real();
        bit <<= 1;
    }
    if (mask >= bit) in.refuse("it has a usage that is unknown");
    return usage;
}

json::Value read_object(SliceReader& in) {
    json::Value value = in.json();
    if (!value.is_object() && !value.is_null()) in.refuse("a value that must be an object is none");
    return value;
}

json::Value read_array(SliceReader& in) {
    json::Value value = in.json();
    if (!value.is_array() && !value.is_null()) in.refuse("a value that must be an array is none");
    return value;
}

void read_header(SliceReader& in, run::RunState& state) {
    if (in.text() != state.stream().str()) in.refuse("it is of another stream");
    state.status = in.choice(run::RunStatus::kCancelled);
    state.status_detail = in.json();
    state.parent = read_point(in);
    state.forked_from = read_point(in);
    state.routine = read_object(in);
    state.permissions = read_array(in);
    state.limits = read_object(in);
    state.error = in.json();
    state.usage = read_usage(in);
    state.first_position = Position(in.number());
    state.started_at = in.time();
    state.updated_at = in.time();
    const std::size_t steps = in.count();
    for (std::size_t i = 0; i < steps && in.ok(); ++i) state.running_steps.push_back(in.id());
}

void read_entry(SliceReader& in, run::RunState& state) {
    domain::Section<run::Entry>& section = state.area(in.choice(run::Area::kIntermediate));
    std::string key = in.key();
    run::Entry entry;
    entry.version = Version(in.number());
    entry.position = Position(in.number());
    entry.sensitivity = in.choice(run::Sensitivity::kPii);
    entry.source = in.choice(run::Source::kSystem);
    entry.mutability = in.choice(run::Mutability::kMutable);
    entry.actor = in.text();
    entry.value_digest = in.digest();
    entry.value = in.value();
    if (!in.ok()) return;
    const json::Path place = section.path(key).key("value");
    if (in.last_value_was_inline() && json::digest(place, entry.value) != entry.value_digest)
        return in.refuse("a value does not match its digest");
    if (section.find(key) != nullptr) return in.refuse("an entry stands there twice");
    section.put(std::move(key), std::move(entry));
}

void read_more(SliceReader& in, run::RunState& state) {
    domain::Section<run::Entry>& section = state.area(in.choice(run::Area::kIntermediate));
    const std::string key = in.key();
    const run::Entry* entry = in.ok() ? section.find(key) : nullptr;
    if (entry == nullptr) return in.refuse("pieces of an entry that is not there");
    const json::Value value = in.more_pieces(entry->value);
    if (in.ok()) section.update(key, [&](run::Entry& changed) { changed.value = value; });
}

enum class StepForm { kPlain, kPlaced };

void read_step(SliceReader& in, run::RunState& state, StepForm form) {
    std::string id = in.id();
    run::Step step;
    step.status = in.choice(run::StepStatus::kBlocked);
    step.type = in.text();
    step.started = read_version(in);
    step.ended = read_version(in);
    step.last = Version(in.number());
    if (form == StepForm::kPlaced) {
        step.started_at = Position(in.number());
        step.last_at = Position(in.number());
    }
    step.detail = in.value();
    if (in.ok()) state.steps.put(std::move(id), std::move(step));
}

void read_export(SliceReader& in, run::RunState& state) {
    std::string key = in.key();
    run::ExportMark mark;
    mark.destination = in.choice(run::Destination::kExternalSystem);
    mark.has_transformation = in.u8() != 0;
    if (mark.has_transformation) mark.transformation = in.text();
    if (in.ok()) state.exports.put(std::move(key), std::move(mark));
}

void read_tag(SliceReader& in, run::RunState& state) {
    std::string name = in.id();
    const run::Tag tag{Version(in.number())};
    if (in.ok()) state.tags.put(std::move(name), tag);
}

void read_checkpoint(SliceReader& in, run::RunState& state) {
    std::string name = in.id();
    run::Checkpoint checkpoint;
    checkpoint.version = Version(in.number());
    checkpoint.description = in.text();
    checkpoint.retention = in.text();
    if (in.ok()) state.checkpoints.put(std::move(name), std::move(checkpoint));
}

std::optional<json::Value> read_side(SliceReader& in) {
    if (in.u8() == 0) return std::nullopt;
    return in.value();
}

void read_conflict(SliceReader& in, run::RunState& state) {
    run::Conflict conflict;
    conflict.version = Version(in.number());
    conflict.n = in.number();
    conflict.area = in.choice(run::Area::kIntermediate);
    conflict.key = in.key();
    conflict.base = read_side(in);
    conflict.source = read_side(in);
    conflict.target = read_side(in);
    conflict.from = in.id();
    conflict.from_version = Version(in.number());
    const std::pair place{conflict.version.value(), conflict.n};
    if (in.ok()) state.conflicts.put(place, std::move(conflict));
}

void read_merged_from(SliceReader& in, run::RunState& state) {
    std::string from = in.id();
    run::MergedFrom merged;
    merged.version = Version(in.number());
    merged.position = Position(in.number());
    if (in.ok()) state.merged_from.put(std::move(from), merged);
}

void read_removed(SliceReader& in, run::RunState& state) {
    const run::Area area = in.choice(run::Area::kIntermediate);
    std::string key = in.key();
    const Position position(in.number());
    if (in.ok()) state.removed(area).put(std::move(key), position);
}

void read_record(SliceReader& in, std::uint8_t tag, run::RunState& state) {
    switch (tag) {
        case kRunHeader: return read_header(in, state);
        case kRunEntry: return read_entry(in, state);
        case kRunMore: return read_more(in, state);
        case kRunStep: return read_step(in, state, StepForm::kPlain);
        case kRunPlacedStep: return read_step(in, state, StepForm::kPlaced);
        case kRunExport: return read_export(in, state);
        case kRunTag: return read_tag(in, state);
        case kRunCheckpoint: return read_checkpoint(in, state);
        case kRunConflict: return read_conflict(in, state);
        case kRunMergedFrom: return read_merged_from(in, state);
        case kRunRemoved: return read_removed(in, state);
        default: return in.refuse("it has a record that is unknown");
    }
}

}  // namespace

std::optional<CodecError> load_run(domain::State& state, std::string_view slice,
                                   const ChunkSource* chunks) {
    auto* loaded = dynamic_cast<run::RunState*>(&state);
    SKEIN_CHECK(loaded != nullptr, "{} is not the state of a run", state.stream().str());
    SliceReader in(slice, {'R', kRunStateVersion}, state, chunks);
    return load_records(in, state, [&](std::uint8_t tag) { read_record(in, tag, *loaded); });
}

}  // namespace skein::codec
