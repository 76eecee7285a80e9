#include "engine/domain/run/three_way.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace skein::domain::run {

namespace {

using Members = std::vector<std::pair<std::string, json::Value>>;

MergedValue source_wins(const Sides& sides) {
    const bool loses = sides.target.has_value() && sides.target != sides.source;
    return {sides.source, loses ? TargetLoss::kSome : TargetLoss::kNone};
}

bool is_object(const std::optional<json::Value>& side) { return side && side->is_object(); }
bool is_array(const std::optional<json::Value>& side) { return side && side->is_array(); }

// One member of three objects.
MergedValue merge_member(const Sides& sides) {
    if (sides.source == sides.target || sides.source == sides.base) {
        return {sides.target, TargetLoss::kNone};
    }
    if (sides.target == sides.base) return {sides.source, TargetLoss::kNone};
    return merge_objects(sides);
}

// The members of the three objects side by side, in key order.
std::map<std::string, Sides> join_members(const Sides& sides) {
    std::map<std::string, Sides> joined;
    if (is_object(sides.base)) {
        for (auto& [key, value] : sides.base->members()) joined[key].base = value;
    }
    for (auto& [key, value] : sides.source->members()) joined[key].source = value;
    for (auto& [key, value] : sides.target->members()) joined[key].target = value;
    return joined;
}

}  // namespace

MergedValue merge_objects(const Sides& sides) {
    if (!is_object(sides.source) || !is_object(sides.target)) return source_wins(sides);
    MergedValue result;
    Members members;
    for (const auto& [key, member] : join_members(sides)) {
        MergedValue merged = merge_member(member);
        if (merged.target_loss == TargetLoss::kSome) result.target_loss = TargetLoss::kSome;
        if (merged.value) members.emplace_back(key, std::move(*merged.value));
    }
    result.value = json::Value::object(std::move(members));
    return result;
}

MergedValue array_concat(const Sides& sides) {
    if (!is_array(sides.source) || !is_array(sides.target)) return source_wins(sides);
    std::map<std::string, std::size_t> in_base;  // how many of each, by canonical text
    if (is_array(sides.base)) {
        sides.base->for_each_element(
            [&](const json::Value& element) { ++in_base[element.text()]; });
    }
    json::Value result = *sides.target;
    sides.source->for_each_element([&](const json::Value& element) {
        const auto known = in_base.find(element.text());
        if (known != in_base.end() && known->second > 0) {
            --known->second;
        } else {
            result = std::move(result).appended(element);
        }
    });
    return {std::move(result), TargetLoss::kNone};
}

json::Value deep_merge(const json::Value& under, const json::Value& over) {
    if (!under.is_object() || !over.is_object()) return over;
    std::map<std::string, json::Value> joined;
    for (auto& [key, value] : under.members()) joined.emplace(key, value);
    for (auto& [key, value] : over.members()) {
        const auto [place, added] = joined.try_emplace(key, value);
        if (!added) place->second = deep_merge(place->second, value);
    }
    return json::Value::object(Members(joined.begin(), joined.end()));
}

}  // namespace skein::domain::run
