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

Touch came_from(std::string_view how, Stream from, Version version, const PlacedKey& place) {
    Touch touch = touched(how, Effect::kComesFrom);
    touch.from = std::move(from);
    touch.from_version = version;
    touch.from_key = place;
    return touch;
}

// Another run of the same swarm.
Stream sibling_of(const Stream& stream, std::string_view run) {
    return RunState(stream).sibling(run);
}

bool is_in(const PlacedKey& place, Area area) { return place.area == to_string(area); }

// Inputs and outputs are variables.
bool assigns(const std::vector<Assignment>& assignments, const PlacedKey& place) {
    return is_in(place, Area::kVariables) &&
           std::any_of(assignments.begin(), assignments.end(),
                       [&](const Assignment& assignment) { return assignment.first == place.key; });
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

// The last of the updates of `place`; where an earlier one replaced the value, so does the whole.
std::optional<Touch> of_updates(const std::vector<Update>& updates, const PlacedKey& place) {
    std::optional<Touch> last;
    bool replaced = false;
    for (const Update& update : updates) {
        if (update.key != place.key || !is_in(place, update.area)) continue;
        last = of_update(update.op);
        replaced = replaced || last->effect == Effect::kReplaces;
    }
    if (last && replaced) last->effect = Effect::kReplaces;
    return last;
}

std::optional<Touch> of_merge(const MergeFacts& facts, const Stream& stream, std::string_view how,
                              const PlacedKey& place) {
    for (const MergedKey& merged : facts.keys) {
        if (merged.key != place.key || !is_in(place, merged.area)) continue;
        if (merged.result == MergeResult::kKept) return std::nullopt;
        Touch touch =
            came_from(how, sibling_of(stream, facts.source.run), facts.source.version, place);
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

std::optional<Touch> RunStarted::touch(const State& before, const PlacedKey& place) const {
    if (assigns(inputs, place)) return touched("set", Effect::kReplaces);
    const bool is_inherited = is_in(place, Area::kVariables) &&
                              (inherits_all || std::find(inherited.begin(), inherited.end(),
                                                         place.key) != inherited.end());
    if (!parent || !is_inherited) return std::nullopt;
    return came_from("inherit", sibling_of(before.stream(), parent->run), parent->version, place);
}

std::optional<Touch> ContextUpdated::touch(const State& /*before*/, const PlacedKey& place) const {
    return of_updates(updates, place);
}

std::optional<Touch> StepCompleted::touch(const State& /*before*/, const PlacedKey& place) const {
    if (place.key != step || !is_in(place, Area::kIntermediate) || !output) return std::nullopt;
    return touched("step-output", Effect::kReplaces);
}

std::optional<Touch> RunCompleted::touch(const State& /*before*/, const PlacedKey& place) const {
    if (!assigns(outputs, place)) return std::nullopt;
    return touched("set", Effect::kReplaces);
}

std::optional<Touch> RunRestored::touch(const State& before, const PlacedKey& place) const {
    if (to.value() == 0) return touched("restore", Effect::kReplaces);
    Touch touch = came_from("restore", before.stream(), to, place);
    const auto present = as_run(before).find_value(place.area, place.key);
    if (mode == RestoreMode::kMerge && present && present->is_object())
        touch.effect = Effect::kJoins;
    return touch;
}

std::optional<Touch> RunForked::touch(const State& before, const PlacedKey& place) const {
    std::optional<Touch> update = of_updates(updates, place);
    if (update && update->effect == Effect::kReplaces) return update;
    return came_from("fork", sibling_of(before.stream(), source.run), source.version, place);
}

std::optional<Touch> RunMerged::touch(const State& before, const PlacedKey& place) const {
    return of_merge(facts, before.stream(), "merge", place);
}

std::optional<Touch> ChildMerged::touch(const State& before, const PlacedKey& place) const {
    std::optional<Touch> touch = of_merge(facts, before.stream(), "export", place);
    // A child exports a key from where a bare one is found.
    if (touch) touch->from_key.area.clear();
    return touch;
}

std::optional<Touch> ConflictResolved::touch(const State& before, const PlacedKey& place) const {
    if (place.key != key || !is_in(place, area)) return std::nullopt;
    Touch touch = touched("merge", Effect::kReplaces);
    touch.strategy = to_string(Strategy::kManualReview);
    const RunState& run = as_run(before);
    const Conflict* open = run.find_conflict(conflict);
    if (open == nullptr) return touch;
    touch.from = run.sibling(open->from);
    touch.from_version = open->from_version;
    touch.from_key = place;
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
