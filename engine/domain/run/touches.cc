// What the events of a run do to a key, for blame (interfaces section 8).
#include <algorithm>

#include "engine/domain/run/run_events.h"

namespace skein::domain::run {

namespace {

using Effect = Touch::Effect;

Touch touched(std::string_view how, Effect effect) {
    Touch touch;
    touch.how = how;
    touch.effect = effect;
    return touch;
}

Touch came_from(std::string_view how, Stream from, Version version, std::string_view key) {
    Touch touch = touched(how, Effect::kComesFrom);
    touch.from = std::move(from);
    touch.from_version = version;
    touch.from_key = std::string(key);
    return touch;
}

// Another run of the same swarm.
Stream sibling_of(const Stream& stream, std::string_view run) {
    return RunState(stream).sibling(run);
}

bool assigns(const std::vector<Assignment>& assignments, std::string_view key) {
    return std::any_of(assignments.begin(), assignments.end(),
                       [key](const Assignment& assignment) { return assignment.first == key; });
}

Touch of_update(UpdateOp op) {
    switch (op) {
        case UpdateOp::kSet: return touched("set", Effect::kReplaces);
        case UpdateOp::kAppend: return touched("append", Effect::kBuildsOn);
        case UpdateOp::kDelete: return touched("delete", Effect::kReplaces);
        case UpdateOp::kMerge: return touched("merge-op", Effect::kBuildsOn);
    }
    return touched("set", Effect::kReplaces);
}

// The last of the updates of `key`; where an earlier one replaced the value, so does the whole.
std::optional<Touch> of_updates(const std::vector<Update>& updates, std::string_view key) {
    std::optional<Touch> last;
    bool replaced = false;
    for (const Update& update : updates) {
        if (update.key != key) continue;
        last = of_update(update.op);
        replaced = replaced || last->effect == Effect::kReplaces;
    }
    if (last && replaced) last->effect = Effect::kReplaces;
    return last;
}

std::optional<Touch> of_merge(const MergeFacts& facts, const Stream& stream, std::string_view how,
                              std::string_view key) {
    for (const MergedKey& merged : facts.keys) {
        if (merged.key != key) continue;
        if (merged.result == MergeResult::kKept) return std::nullopt;
        Touch touch =
            came_from(how, sibling_of(stream, facts.source.run), facts.source.version, key);
        const bool is_open = merged.result == MergeResult::kConflict;
        // Only a resolution in the command itself reviews a conflict and leaves none.
        const bool is_resolved = !is_open && merged.strategy == Strategy::kManualReview;
        touch.strategy =
            to_string(is_resolved ? facts.strategy : merged.strategy.value_or(facts.strategy));
        if (is_open) touch.effect = Effect::kLeavesOpen;
        // A resolution that is neither side's value begins here; other combined values have
        // something of both sides.
        if (merged.result == MergeResult::kCombined)
            touch.effect = is_resolved ? Effect::kReplaces : Effect::kJoins;
        for (std::size_t i = 0; i < merged.lost.size() && i < merged.lost_at.size(); ++i)
            touch.lost.push_back({sibling_of(stream, merged.lost_at[i].run),
                                  merged.lost_at[i].version, merged.lost[i]});
        return touch;
    }
    return std::nullopt;
}

// Of a conflict's sides, or the one given.
std::optional<json::Value> chosen_value(const Conflict& open, const ConflictResolved& resolved) {
    switch (resolved.resolution) {
        case Resolution::kSource: return open.source;
        case Resolution::kTarget: return open.target;
        case Resolution::kValue: break;
    }
    if (!resolved.value) return std::nullopt;
    const auto* given = std::get_if<json::Value>(&*resolved.value);
    return given == nullptr ? std::nullopt : std::optional(*given);
}

}  // namespace

std::optional<Touch> RunStarted::touch(const State& before, std::string_view key) const {
    if (assigns(inputs, key)) return touched("set", Effect::kReplaces);
    const bool is_inherited =
        inherits_all || std::find(inherited.begin(), inherited.end(), key) != inherited.end();
    if (!parent || !is_inherited) return std::nullopt;
    return came_from("inherit", sibling_of(before.stream(), parent->run), parent->version, key);
}

std::optional<Touch> ContextUpdated::touch(const State& /*before*/, std::string_view key) const {
    return of_updates(updates, key);
}

std::optional<Touch> StepCompleted::touch(const State& /*before*/, std::string_view key) const {
    if (key != step || !output) return std::nullopt;
    return touched("step-output", Effect::kReplaces);
}

std::optional<Touch> RunCompleted::touch(const State& /*before*/, std::string_view key) const {
    if (!assigns(outputs, key)) return std::nullopt;
    return touched("set", Effect::kReplaces);
}

std::optional<Touch> RunRestored::touch(const State& before, std::string_view key) const {
    if (to.value() == 0) return touched("restore", Effect::kReplaces);
    Touch touch = came_from("restore", before.stream(), to, key);
    if (const Entry* present = as_run(before).find_entry(key);
        mode == RestoreMode::kMerge && present != nullptr && present->value.is_object())
        touch.effect = Effect::kJoins;
    return touch;
}

std::optional<Touch> RunForked::touch(const State& before, std::string_view key) const {
    std::optional<Touch> update = of_updates(updates, key);
    if (update && update->effect == Effect::kReplaces) return update;
    return came_from("fork", sibling_of(before.stream(), source.run), source.version, key);
}

std::optional<Touch> RunMerged::touch(const State& before, std::string_view key) const {
    return of_merge(facts, before.stream(), "merge", key);
}

std::optional<Touch> ChildMerged::touch(const State& before, std::string_view key) const {
    return of_merge(facts, before.stream(), "export", key);
}

std::optional<Touch> ConflictResolved::touch(const State& before,
                                             std::string_view key_asked) const {
    if (key_asked != key) return std::nullopt;
    Touch touch = touched("merge", Effect::kReplaces);
    touch.strategy = to_string(Strategy::kManualReview);
    const RunState& run = as_run(before);
    const Conflict* open = run.find_conflict(conflict);
    if (open == nullptr) return touch;
    touch.from = run.sibling(open->from);
    touch.from_version = open->from_version;
    touch.from_key = key;
    if (resolution == Resolution::kSource) touch.effect = Effect::kComesFrom;
    if (resolution == Resolution::kTarget) touch.effect = Effect::kBuildsOn;
    if (resolution != Resolution::kValue) touch.closes = open->version;
    const auto lose = [&](const Stream& stream, Version version,
                          const std::optional<json::Value>& side) {
        if (side && side != chosen_value(*open, *this))
            touch.lost.push_back({stream, version, *side});
    };
    lose(touch.from, touch.from_version, open->source);
    const Entry* present = run.area(area).find(key);
    if (present != nullptr) lose(run.stream(), run.version(), present->value);
    return touch;
}

}  // namespace skein::domain::run
