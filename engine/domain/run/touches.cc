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
        if (merged.result == MergeResult::kKept || merged.result == MergeResult::kConflict)
            return std::nullopt;
        Touch touch =
            came_from(how, sibling_of(stream, facts.source.run), facts.source.version, key);
        // A value that the command itself resolved a conflict to begins here.
        if (merged.result == MergeResult::kCombined && merged.strategy == Strategy::kManualReview)
            touch.effect = Effect::kReplaces;
        touch.strategy = to_string(merged.strategy.value_or(facts.strategy));
        for (std::size_t i = 0; i < merged.lost.size() && i < merged.lost_at.size(); ++i)
            touch.lost.push_back({sibling_of(stream, merged.lost_at[i].run),
                                  merged.lost_at[i].version, merged.lost[i]});
        return touch;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Touch> RunStarted::touch(const Stream& stream, std::string_view key) const {
    if (assigns(inputs, key)) return touched("set", Effect::kReplaces);
    const bool is_inherited =
        inherits_all || std::find(inherited.begin(), inherited.end(), key) != inherited.end();
    if (!parent || !is_inherited) return std::nullopt;
    return came_from("inherit", sibling_of(stream, parent->run), parent->version, key);
}

std::optional<Touch> ContextUpdated::touch(const Stream& /*stream*/, std::string_view key) const {
    return of_updates(updates, key);
}

std::optional<Touch> StepCompleted::touch(const Stream& /*stream*/, std::string_view key) const {
    if (key != step || !output) return std::nullopt;
    return touched("step-output", Effect::kReplaces);
}

std::optional<Touch> RunCompleted::touch(const Stream& /*stream*/, std::string_view key) const {
    if (!assigns(outputs, key)) return std::nullopt;
    return touched("set", Effect::kReplaces);
}

std::optional<Touch> RunRestored::touch(const Stream& stream, std::string_view key) const {
    if (to.value() == 0) return touched("restore", Effect::kReplaces);
    return came_from("restore", stream, to, key);
}

std::optional<Touch> RunForked::touch(const Stream& stream, std::string_view key) const {
    std::optional<Touch> update = of_updates(updates, key);
    if (update && update->effect == Effect::kReplaces) return update;
    return came_from("fork", sibling_of(stream, source.run), source.version, key);
}

std::optional<Touch> RunMerged::touch(const Stream& stream, std::string_view key) const {
    return of_merge(facts, stream, "merge", key);
}

std::optional<Touch> ChildMerged::touch(const Stream& stream, std::string_view key) const {
    return of_merge(facts, stream, "export", key);
}

std::optional<Touch> ConflictResolved::touch(const Stream& /*stream*/,
                                             std::string_view key_asked) const {
    if (key_asked != key) return std::nullopt;
    return touched("merge", Effect::kReplaces);
}

}  // namespace skein::domain::run
