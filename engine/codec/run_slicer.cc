#include <utility>

#include "engine/codec/run_records.h"
#include "engine/codec/run_state_codec.h"
#include "engine/codec/stage_slicer.h"
#include "engine/domain/run/run_state.h"

namespace skein::codec {

namespace {

namespace run = domain::run;

template <class Enum>
void put_enum(SliceWriter& out, Enum value) {
    out.u8(static_cast<std::uint8_t>(value));
}

void put_point(SliceWriter& out, const std::optional<run::RunPoint>& point) {
    out.u8(point ? 1 : 0);
    if (!point) return;
    out.text(point->run);
    out.number(point->version.value());
}

void put_version(SliceWriter& out, const std::optional<Version>& version) {
    out.u8(version ? 1 : 0);
    if (version) out.number(version->value());
}

void put_usage(SliceWriter& out, const run::Usage& usage) {
    const auto amounts = {usage.credits, usage.duration_ms, usage.tool_calls, usage.memory_mb,
                          usage.branches};
    unsigned mask = 0;
    unsigned bit = 1;
    for (const auto& amount : amounts) {
        if (amount) mask |= bit;
        bit <<= 1;
    }
    out.u8(static_cast<std::uint8_t>(mask));
    for (const auto& amount : amounts) {
        if (amount) out.real(*amount);
    }
}

void put_header(SliceWriter& out, const run::RunState& state) {
    out.u8(kRunHeader);
    out.text(state.stream().str());
    put_enum(out, state.status);
    out.json(state.status_detail);
    put_point(out, state.parent);
    put_point(out, state.forked_from);
    out.json(state.routine);
    out.json(state.permissions);
    out.json(state.limits);
    out.json(state.error);
    put_usage(out, state.usage);
    out.number(state.first_position.value());
    out.time(state.started_at);
    out.time(state.updated_at);
    out.number(state.running_steps.size());
    for (const std::string& step : state.running_steps) out.text(step);
}

enum class RunStage {
    kHeader,
    kVariables,
    kIntermediate,
    kSteps,
    kExports,
    kTags,
    kCheckpoints,
    kConflicts,
    kMergedFrom,
    kRemovedVariables,
    kRemovedIntermediate,
    kEnd,
    kAllWritten,
};

class RunSlicer final : public StageSlicer<RunStage> {
 public:
    RunSlicer(const std::shared_ptr<const domain::State>& state, ChunkSink* chunks)
        : StageSlicer(state, chunks, {'R', kRunStateVersion, kRunMore}),
          state_(&domain::run::as_run(*state)) {}

 private:
    Walk write_stage(SliceWriter& out, RunStage stage) override {
        switch (stage) {
            case RunStage::kHeader: put_header(out, *state_); return Walk::kDone;
            case RunStage::kVariables: return write_entries(out, run::Area::kVariables);
            case RunStage::kIntermediate: return write_entries(out, run::Area::kIntermediate);
            case RunStage::kSteps: return write_steps(out);
            case RunStage::kExports: return write_exports(out);
            case RunStage::kTags: return write_tags(out);
            case RunStage::kCheckpoints: return write_checkpoints(out);
            case RunStage::kConflicts: return write_conflicts(out);
            case RunStage::kMergedFrom: return write_merged_from(out);
            case RunStage::kRemovedVariables: return write_removed(out, run::Area::kVariables);
            case RunStage::kRemovedIntermediate:
                return write_removed(out, run::Area::kIntermediate);
            case RunStage::kEnd: return write_end(out);
            case RunStage::kAllWritten: return Walk::kFull;
        }
        return Walk::kFull;
    }

    Walk write_entries(SliceWriter& out, run::Area area) {
        const auto& map = state_->area(area).map();
        return write_map(map, out, [&](const std::string& key, const run::Entry& entry) {
            out.u8(kRunEntry);
            put_enum(out, area);
            out.text(key);
            out.number(entry.version.value());
            out.number(entry.position.value());
            put_enum(out, entry.sensitivity);
            put_enum(out, entry.source);
            put_enum(out, entry.mutability);
            out.text(entry.actor);
            out.digest(entry.value_digest);
            return write_value(out, static_cast<std::uint8_t>(area), key, entry.value);
        });
    }

    Walk write_steps(SliceWriter& out) {
        return write_map(state_->steps.map(), out,
                         [&](const std::string& id, const run::Step& step) {
                             const bool is_placed = step.last_at.value() > 0;
                             out.u8(is_placed ? kRunPlacedStep : kRunStep);
                             out.text(id);
                             put_enum(out, step.status);
                             out.text(step.type);
                             put_version(out, step.started);
                             put_version(out, step.ended);
                             out.number(step.last.value());
                             if (is_placed) {
                                 out.number(step.started_at.value());
                                 out.number(step.last_at.value());
                             }
                             out.value(step.detail, chunks());
                             return Walk::kDone;
                         });
    }

    Walk write_exports(SliceWriter& out) {
        return write_map(state_->exports.map(), out,
                         [&](const std::string& key, const run::ExportMark& mark) {
                             out.u8(kRunExport);
                             out.text(key);
                             put_enum(out, mark.destination);
                             out.u8(mark.has_transformation ? 1 : 0);
                             if (mark.has_transformation) out.text(mark.transformation);
                             return Walk::kDone;
                         });
    }

    Walk write_tags(SliceWriter& out) {
        return write_map(state_->tags.map(), out,
                         [&](const std::string& name, const run::Tag& tag) {
                             out.u8(kRunTag);
                             out.text(name);
                             out.number(tag.version.value());
                             return Walk::kDone;
                         });
    }

    Walk write_checkpoints(SliceWriter& out) {
        return write_map(state_->checkpoints.map(), out,
                         [&](const std::string& name, const run::Checkpoint& checkpoint) {
                             out.u8(kRunCheckpoint);
                             out.text(name);
                             out.number(checkpoint.version.value());
                             out.text(checkpoint.description);
                             out.text(checkpoint.retention);
                             return Walk::kDone;
                         });
    }

    void put_side(SliceWriter& out, const std::optional<json::Value>& side) {
        out.u8(side ? 1 : 0);
        if (side) out.value(*side, chunks());
    }

    Walk write_conflicts(SliceWriter& out) {
        return walk_map(state_->conflicts, last_conflict_, out,
                        [&](const auto& /*place*/, const run::Conflict& conflict) {
                            out.u8(kRunConflict);
                            out.number(conflict.version.value());
                            out.number(conflict.n);
                            put_enum(out, conflict.area);
                            out.text(conflict.key);
                            put_side(out, conflict.base);
                            put_side(out, conflict.source);
                            put_side(out, conflict.target);
                            out.text(conflict.from);
                            out.number(conflict.from_version.value());
                            return Walk::kDone;
                        });
    }

    Walk write_merged_from(SliceWriter& out) {
        return write_map(state_->merged_from, out,
                         [&](const std::string& from, const run::MergedFrom& merged) {
                             out.u8(kRunMergedFrom);
                             out.text(from);
                             out.number(merged.version.value());
                             out.number(merged.position.value());
                             return Walk::kDone;
                         });
    }

    Walk write_removed(SliceWriter& out, run::Area area) {
        return write_map(state_->removed(area), out,
                         [&](const std::string& key, Position position) {
                             out.u8(kRunRemoved);
                             put_enum(out, area);
                             out.text(key);
                             out.number(position.value());
                             return Walk::kDone;
                         });
    }

    const run::RunState* state_;
    std::pair<std::uint64_t, std::uint64_t> last_conflict_{0, 0};  // below the first there can be
};

}  // namespace

std::unique_ptr<StateSlicer> slice_run(std::shared_ptr<const domain::State> state,
                                       ChunkSink* chunks) {
    return std::make_unique<RunSlicer>(state, chunks);
}

}  // namespace skein::codec
