#include "engine/domain/run/merge_plan.h"

#include <set>
#include <string>
#include <utility>

#include "engine/domain/guards.h"
#include "engine/domain/run/merge_codes.h"
#include "engine/domain/run/store_value.h"
#include "engine/domain/run/three_way.h"
#include "engine/domain/run/updates.h"

namespace skein::domain::run {

namespace {

bool same_value(const Entry* a, const Entry* b) {
    if (a == nullptr || b == nullptr) return a == b;
    return a == b || a->value == b->value;
}

std::optional<json::Value> value_of(const Entry* entry) {
    return entry == nullptr ? std::nullopt : std::optional(entry->value);
}

// Whether `side` made something else of `slot` than the base had.
bool has_changed(const MergeSide& base, const MergeSide& side, const Slot& slot) {
    const Entry* before = base.find(slot);
    const Entry* now = side.find(slot);
    if (same_value(before, now)) return false;
    return now != nullptr || !side.never_had(slot);
}

// The keys of one area that `side` changed, in order; views of keys in the states.
std::set<std::string_view> changed_keys(const MergeSide& base, const MergeSide& side, Area area) {
    std::set<std::string_view> keys;
    const auto& before = base.state->area(area).map();
    const auto& now = side.state->area(area).map();
    if (now.same_as(before)) return keys;
    now.for_each([&](const std::string& key, const Entry&) {
        if (has_changed(base, side, {area, key})) keys.insert(key);
    });
    before.for_each([&](const std::string& key, const Entry&) {
        if (!now.contains(key) && has_changed(base, side, {area, key})) keys.insert(key);
    });
    return keys;
}

std::vector<Slot> changed_slots(const MergePlan& plan, const MergeSide& side) {
    std::vector<Slot> slots;
    for (const Area area : {Area::kVariables, Area::kIntermediate}) {
        std::set<std::string_view> keys;
        if (!plan.whitelist) {
            keys = changed_keys(plan.sides.base, side, area);
        } else {
            for (const Slot& slot : *plan.whitelist) {
                if (slot.area == area && has_changed(plan.sides.base, side, slot))
                    keys.insert(slot.key);
            }
        }
        for (const std::string_view key : keys) slots.push_back({area, key});
    }
    return slots;
}

StoredValue store_of(const MergeSide& side, const Slot& slot, const json::Value& value) {
    return store_value(value, {side.stream(), side.point.version, slot});
}

std::optional<StoredValue> store_entry(const MergeSide& side, const Slot& slot) {
    const Entry* entry = side.find(slot);
    if (entry == nullptr) return std::nullopt;
    return store_of(side, slot, entry->value);
}

// How a conflict ended: the value, and whose value it leaves out.
struct Verdict {
    std::optional<json::Value> value;
    bool source_loses = false;
    bool target_loses = false;
};

class Merger {
 public:
    Merger(const MergePlan& plan, const MergeChoice& choice, const Limits& limits)
        : plan_(plan), sides_(plan.sides), choice_(choice), limits_(limits) {}

    Result<MergeFacts, Rejection> run() {
        if (auto no = check_fast_forward()) return fail(*std::move(no));
        MergeFacts facts;
        facts.source = sides_.source.point;
        facts.strategy = choice_.strategy;
        facts.base = sides_.base.point;
        for (const Slot& slot : changed_slots(plan_, sides_.source)) {
            if (same_value(sides_.source.find(slot), sides_.target.find(slot))) continue;
            MergedKey merged = merge_key(slot);
            if (auto no = check_change(slot, merged)) return fail(*std::move(no));
            facts.keys.push_back(std::move(merged));
        }
        if (auto no = check_resolutions_used()) return fail(*std::move(no));
        return facts;
    }

 private:
    MergedKey merge_key(const Slot& slot) {
        MergedKey merged;
        merged.area = slot.area;
        merged.key = std::string(slot.key);
        if (!has_changed(sides_.base, sides_.target, slot)) {
            give_value(slot, value_of(sides_.source.find(slot)), merged);
            return merged;
        }
        merged.strategy = strategy_for(slot);
        if (const ResolutionChoice* resolution = resolution_for(slot)) {
            used_.insert(slot.key);
            merged.strategy = Strategy::kManualReview;
            give_verdict(slot, resolve(slot, *resolution), merged);
        } else if (merged.strategy == Strategy::kManualReview) {
            leave_open(slot, merged);
        } else {
            give_verdict(slot, decide(slot, *merged.strategy), merged);
        }
        return merged;
    }

    // Mapping and resolutions name variables alone.
    const ResolutionChoice* resolution_for(const Slot& slot) const {
        if (slot.area != Area::kVariables) return nullptr;
        const auto place = choice_.resolutions.find(std::string(slot.key));
        return place == choice_.resolutions.end() ? nullptr : &place->second;
    }
    Strategy strategy_for(const Slot& slot) const {
        if (choice_.strategy != Strategy::kExplicitMapping) return choice_.strategy;
        if (slot.area != Area::kVariables) return Strategy::kManualReview;
        const auto place = choice_.mapping.find(std::string(slot.key));
        return place == choice_.mapping.end() ? Strategy::kManualReview : place->second;
    }

    Verdict source_wins(const Slot& slot) const {
        return {value_of(sides_.source.find(slot)), false, true};
    }
    Verdict target_wins(const Slot& slot) const {
        return {value_of(sides_.target.find(slot)), true, false};
    }
    Verdict resolve(const Slot& slot, const ResolutionChoice& choice) const {
        switch (choice.resolution) {
            case Resolution::kSource: return source_wins(slot);
            case Resolution::kTarget: return target_wins(slot);
            case Resolution::kValue: break;
        }
        return {choice.value, choice.value != value_of(sides_.source.find(slot)),
                choice.value != value_of(sides_.target.find(slot))};
    }

    Verdict decide(const Slot& slot, Strategy strategy) const {
        switch (strategy) {
            case Strategy::kParentWins: return target_wins(slot);
            case Strategy::kMergeObjects: return combine(slot, merge_objects);
            case Strategy::kArrayConcat: return combine(slot, array_concat);
            case Strategy::kKeepLatest:
                return given_at(sides_.source, slot) < given_at(sides_.target, slot)
                           ? target_wins(slot)
                           : source_wins(slot);
            case Strategy::kChildWins:
            case Strategy::kExplicitMapping:  // replaced by the mapping's strategy before
            case Strategy::kFastForward:      // the target has not changed: nothing conflicts
            case Strategy::kManualReview:     // leaves the key open before
                break;
        }
        return source_wins(slot);
    }
    Verdict combine(const Slot& slot, MergedValue (*merge)(const Sides&)) const {
        MergedValue merged =
            merge({value_of(sides_.base.find(slot)), value_of(sides_.source.find(slot)),
                   value_of(sides_.target.find(slot))});
        return {std::move(merged.value), false, merged.target_loss == TargetLoss::kSome};
    }
    static Position given_at(const MergeSide& side, const Slot& slot) {
        const Entry* entry = side.find(slot);
        return entry != nullptr ? entry->position : side.state->removed_at(slot.area, slot.key);
    }

    // Result and stored value of a key that becomes `value`.
    void give_value(const Slot& slot, std::optional<json::Value> value, MergedKey& merged) const {
        const Entry* source = sides_.source.find(slot);
        if (value == value_of(sides_.target.find(slot))) {
            merged.result = MergeResult::kKept;
        } else if (!value) {
            merged.result = MergeResult::kDeleted;
        } else if (source != nullptr && *value == source->value) {
            merged.result = MergeResult::kTaken;
            merged.value = store_of(sides_.source, slot, source->value);
        } else {
            merged.result = MergeResult::kCombined;
            merged.value = *std::move(value);
        }
    }
    void give_verdict(const Slot& slot, Verdict verdict, MergedKey& merged) const {
        give_value(slot, std::move(verdict.value), merged);
        if (verdict.source_loses) add_loss(sides_.source, slot, merged);
        if (verdict.target_loses) add_loss(sides_.target, slot, merged);
    }
    static void add_loss(const MergeSide& side, const Slot& slot, MergedKey& merged) {
        auto lost = store_entry(side, slot);
        if (!lost) return;
        merged.lost_at.push_back(side.point);
        merged.lost.push_back(*std::move(lost));
    }
    void leave_open(const Slot& slot, MergedKey& merged) const {
        merged.result = MergeResult::kConflict;
        merged.base_value = store_entry(sides_.base, slot);
        merged.source_value = store_entry(sides_.source, slot);
        merged.target_value = store_entry(sides_.target, slot);
    }

    std::optional<Rejection> check_change(const Slot& slot, const MergedKey& merged) const {
        if (merged.result == MergeResult::kKept) return std::nullopt;
        if (merged.result == MergeResult::kConflict) return std::nullopt;
        if (auto no = check_not_frozen(*sides_.target.state, slot)) return no;
        if (merged.result != MergeResult::kCombined) return std::nullopt;
        const std::string place = std::string(to_string(slot.area)) + " " + std::string(slot.key);
        return check_accumulated(std::get<json::Value>(*merged.value), place, limits_);
    }
    std::optional<Rejection> check_fast_forward() const {
        if (choice_.strategy != Strategy::kFastForward) return std::nullopt;
        const auto changed = changed_slots(plan_, sides_.target);
        if (changed.empty()) return std::nullopt;
        return reject(codes::kNotFastForward,
                      sides_.target.point.run + " has changed " + std::string(changed.front().key) +
                          " since " + sides_.base.point.run + " at version " +
                          std::to_string(sides_.base.point.version.value()) + ".",
                      json::Value::object({{"changed", keys_of(changed)}}));
    }
    std::optional<Rejection> check_resolutions_used() const {
        for (const auto& [key, resolution] : choice_.resolutions) {
            if (used_.count(key) > 0) continue;
            return reject(codes::kResolutionWithoutConflict,
                          "Variable " + key + " is not in conflict.",
                          json::Value::object({{"key", json::Value::string(key)}}));
        }
        return std::nullopt;
    }
    static json::Value keys_of(const std::vector<Slot>& slots) {
        std::vector<json::Value> keys;
        for (const Slot& slot : slots) {
            const auto text = std::string(to_string(slot.area)) + "/" + std::string(slot.key);
            keys.push_back(json::Value::string(text));
        }
        return json::Value::array(keys);
    }

    const MergePlan& plan_;
    const MergeSides& sides_;
    const MergeChoice& choice_;
    const Limits& limits_;
    std::set<std::string_view> used_;
};

}  // namespace

Result<MergeFacts, Rejection> plan_merge(const MergePlan& plan, const MergeChoice& choice,
                                         const Limits& limits) {
    return Merger(plan, choice, limits).run();
}

}  // namespace skein::domain::run
