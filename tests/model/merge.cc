// The merge rules of interfaces section 9, key by key.
#include "tests/model/merge.h"

#include <algorithm>
#include <array>

namespace skein::model {

namespace {

bool held(const Side& side, const Slot& slot) {
    return side.held.empty() ||
           std::any_of(side.held.begin(), side.held.end(),
                       [&](const Run* run) { return run->find(slot) != nullptr; });
}

bool has_changed(const Run& base, const Side& side, const Slot& slot) {
    const Text now = side.run->value(slot);
    if (now == base.value(slot)) return false;
    return now.has_value() || held(side, slot);
}

using OptionalJson = std::optional<Json>;

// Objects by path, arrays are leaves; where leaves collide: the source.
OptionalJson merge_objects(const OptionalJson& base, const OptionalJson& source,
                           const OptionalJson& target) {
    if (source == target || source == base) return target;
    if (target == base) return source;
    if (!source || !target || !source->is_object() || !target->is_object()) return source;
    const Json before = base && base->is_object() ? *base : Json::object();
    const auto member = [](const Json& object, const std::string& key) {
        return object.contains(key) ? OptionalJson(object[key]) : std::nullopt;
    };
    std::set<std::string> keys;
    for (const Json* side : {&before, &*source, &*target})
        for (const auto& [key, value] : side->items()) keys.insert(key);
    Json merged = Json::object();
    for (const std::string& key : keys) {
        const auto value =
            merge_objects(member(before, key), member(*source, key), member(*target, key));
        if (value) merged[key] = *value;
    }
    return merged;
}

// The target's elements, then those that the source added against the base.
Json concat(const OptionalJson& base, const Json& source, const Json& target) {
    std::vector<Json> known;
    if (base && base->is_array()) known.assign(base->begin(), base->end());
    Json result = target;
    for (const Json& element : source) {
        const auto place = std::find(known.begin(), known.end(), element);
        if (place != known.end()) {
            known.erase(place);
        } else {
            result.push_back(element);
        }
    }
    return result;
}

OptionalJson parsed(const Text& text) {
    return text ? OptionalJson(Json::parse(*text)) : std::nullopt;
}
Text text_of(const OptionalJson& value) { return value ? Text(canonical(*value)) : std::nullopt; }

std::uint64_t given_at(const Run& run, const Slot& slot) {
    const Entry* entry = run.find(slot);
    return entry != nullptr ? entry->position : run.removed.at(slot);
}

// What the strategy makes of a key that both sides changed, to different values.
Text decide(const MergeOf& request, const Slot& slot, const std::string& strategy) {
    const Text source = request.source.run->value(slot);
    const Text target = request.target.run->value(slot);
    const OptionalJson base = parsed(request.base->value(slot));
    if (strategy == "parent_wins") return target;
    if (strategy == "keep_latest") {
        const bool later =
            given_at(*request.target.run, slot) > given_at(*request.source.run, slot);
        return later ? target : source;
    }
    const OptionalJson from = parsed(source);
    const OptionalJson into = parsed(target);
    if (!from || !into) return source;
    if (strategy == "merge_objects" && from->is_object() && into->is_object())
        return text_of(merge_objects(base, from, into));
    if (strategy == "array_concat" && from->is_array() && into->is_array())
        return text_of(concat(base, *from, *into));
    return source;
}

std::string strategy_for(const Json& choice, const Slot& slot) {
    const std::string strategy = choice["strategy"];
    if (strategy != "explicit_mapping") return strategy;
    if (slot.first != "variables" || !choice.contains("mapping")) return "manual_review";
    return choice["mapping"].value(slot.second, "manual_review");
}

const Json* resolution_for(const Json& choice, const Slot& slot) {
    if (slot.first != "variables" || !choice.contains("resolutions")) return nullptr;
    const Json& resolutions = choice["resolutions"];
    return resolutions.contains(slot.second) ? &resolutions[slot.second] : nullptr;
}

Text resolved(const MergeOf& request, const Slot& slot, const Json& resolution) {
    if (resolution == "source") return request.source.run->value(slot);
    if (resolution == "target") return request.target.run->value(slot);
    return canonical(resolution["value"]);
}

void give(const MergeOf& request, const Slot& slot, const Text& value, const Stamp& stamp,
          Run& result) {
    if (value == request.target.run->value(slot)) return;
    const Entry* present = request.target.run->find(slot);
    if (present != nullptr && !present->is_mutable) throw Refused{"frozen: " + slot.second};
    const Entry* source = request.source.run->find(slot);
    if (!value) {
        result.area(slot.first).erase(slot.second);
    } else if (source != nullptr && source->value == *value) {
        put_taken(result, slot, *source, stamp);
    } else {
        put_combined(result, slot, source, *value, stamp);
    }
}

void open_conflict(const MergeOf& request, const Slot& slot, const Stamp& stamp, Run& result) {
    for (auto place = result.conflicts.begin(); place != result.conflicts.end();) {
        place = place->second.slot == slot ? result.conflicts.erase(place) : std::next(place);
    }
    Conflict conflict{slot,
                      request.base->value(slot),
                      request.source.run->value(slot),
                      request.target.run->value(slot),
                      request.source.run->id,
                      request.source_version};
    // A fork holds conflicts with numbers of another stream: new ones count on from the target's.
    std::uint64_t n = 1;
    for (const auto* run : {request.target.run, static_cast<const Run*>(&result)}) {
        for (const auto& [id, open] : run->conflicts) {
            if (id.first == stamp.version) n = std::max(n, id.second + 1);
        }
    }
    result.conflicts[{stamp.version, n}] = conflict;
}

std::vector<Slot> slots_of(const MergeOf& request) {
    std::vector<Slot> slots;
    for (const char* area : {"variables", "intermediate"}) {
        std::set<std::string> keys;
        for (const Run* run : {request.base, request.source.run, request.target.run})
            for (const auto& [key, entry] : run->area(area)) keys.insert(key);
        for (const std::string& key : keys) {
            if (!request.only || request.only->count({area, key}) > 0) slots.push_back({area, key});
        }
    }
    return slots;
}

}  // namespace

void check_choice(const Json& choice) {
    if (!choice.contains("mapping")) return;
    if (choice["strategy"] != "explicit_mapping") throw Refused{"a mapping beside a strategy"};
    for (const auto& [key, strategy] : choice["mapping"].items()) {
        if (strategy == "explicit_mapping" || strategy == "fast_forward")
            throw Refused{"a mapping to " + strategy.get<std::string>()};
    }
}

void put_taken(Run& run, const Slot& slot, const Entry& from, const Stamp& stamp) {
    Entry entry = from;
    entry.version = stamp.version;
    entry.position = stamp.position;
    run.area(slot.first)[slot.second] = entry;
}

void put_combined(Run& run, const Slot& slot, const Entry* source, const std::string& value,
                  const Stamp& stamp) {
    static const std::array<std::string, 5> kOrder{"public", "internal", "confidential", "secret",
                                                   "pii"};
    const auto rank = [](const std::string& name) {
        return std::find(kOrder.begin(), kOrder.end(), name) - kOrder.begin();
    };
    const Entry* target = run.find(slot);
    Entry entry;
    if (source != nullptr) entry = *source;
    if (target != nullptr) entry = *target;
    if (source != nullptr && rank(source->sensitivity) > rank(entry.sensitivity))
        entry.sensitivity = source->sensitivity;
    entry.value = value;
    entry.version = stamp.version;
    entry.position = stamp.position;
    entry.actor = stamp.actor;
    run.area(slot.first)[slot.second] = entry;
}

Json deep_merge(const Json& under, const Json& over) {
    if (!under.is_object() || !over.is_object()) return over;
    Json result = under;
    for (const auto& [key, value] : over.items())
        result[key] = under.contains(key) ? deep_merge(under[key], value) : value;
    return result;
}

void merge(const MergeOf& request, const Stamp& stamp, Run& result, Decided& decided) {
    const bool fast_forward = request.choice["strategy"] == "fast_forward";
    std::set<std::string> unused;
    if (request.choice.contains("resolutions")) {
        for (const auto& [key, value] : request.choice["resolutions"].items()) unused.insert(key);
    }
    for (const Slot& slot : slots_of(request)) {
        const bool target_changed = has_changed(*request.base, request.target, slot);
        if (fast_forward && target_changed) throw Refused{"the target changed " + slot.second};
        if (!has_changed(*request.base, request.source, slot)) continue;
        const Text source = request.source.run->value(slot);
        if (source == request.target.run->value(slot)) continue;
        if (!target_changed) {
            give(request, slot, source, stamp, result);
            continue;
        }
        const std::string strategy = strategy_for(request.choice, slot);
        if (const Json* resolution = resolution_for(request.choice, slot)) {
            unused.erase(slot.second);
            give(request, slot, resolved(request, slot, *resolution), stamp, result);
            ++decided["resolution"];
            continue;
        }
        ++decided[strategy];
        if (strategy == "manual_review") {
            open_conflict(request, slot, stamp, result);
        } else {
            give(request, slot, decide(request, slot, strategy), stamp, result);
        }
    }
    if (!unused.empty()) throw Refused{"no conflict: " + *unused.begin()};
}

}  // namespace skein::model
