#include "engine/domain/run/merge_choice.h"

#include <utility>
#include <vector>

#include "engine/base/ids.h"
#include "engine/domain/codes.h"
#include "engine/domain/run/merge_codes.h"

namespace skein::domain::run {

namespace {

// In the order of the enum.
std::vector<std::string_view> strategy_names() {
    std::vector<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Strategy::kManualReview); ++i) {
        names.push_back(to_string(static_cast<Strategy>(i)));
    }
    return names;
}

Rejection refuse_at(const RejectionCode& code, const std::string& field,
                    std::string_view expected) {
    return reject(code, field + " must be " + std::string(expected) + ".",
                  json::Value::object({{"field", json::Value::string(field)}}));
}

bool decides_one_key(Strategy strategy) {
    return strategy != Strategy::kExplicitMapping && strategy != Strategy::kFastForward;
}

// The members of an object under keys, each read by `read(Fields& object, key)`.
template <class Read>
void read_keyed(Fields& data, std::string_view name, Read&& read) {
    const auto object = data.nested(name, Presence::kOptional);
    if (!object) return;
    const auto members = object->members();  // owns the names that `fields` refers to
    Fields fields(*object, data.where() + "/" + std::string(name), data.limits());
    for (const auto& [key, value] : members) {
        if (!is_key(key)) {
            fields.refuse(refuse_at(codes::kInvalidKey, fields.where() + "/" + key,
                                    "under a key of 1 to 512 bytes of UTF-8 without NUL"));
        }
        read(fields, key);
    }
    if (auto problem = fields.finish()) data.refuse(*std::move(problem));
}

void read_mapping(Fields& data, MergeChoice& choice) {
    const auto names = strategy_names();
    read_keyed(data, "mapping", [&](Fields& fields, const std::string& key) {
        const auto index = fields.one_of(key, Presence::kRequired, names);
        if (!index) return;
        const auto strategy = static_cast<Strategy>(*index);
        if (!decides_one_key(strategy)) {
            fields.refuse(refuse_at(codes::kMappingRefused, fields.where() + "/" + key,
                                    "a strategy that decides one key"));
        }
        choice.mapping.emplace(key, strategy);
    });
    if (data.has("mapping") && choice.strategy != Strategy::kExplicitMapping) {
        data.refuse(refuse_at(codes::kMappingRefused, data.where() + "/mapping",
                              "absent where the strategy is not explicit_mapping"));
    }
}

}  // namespace

std::string_view to_string(Resolution resolution) {
    switch (resolution) {
        case Resolution::kSource: return "source";
        case Resolution::kTarget: return "target";
        case Resolution::kValue: return "value";
    }
    return "unknown";
}

std::string_view to_string(MergeResult result) {
    switch (result) {
        case MergeResult::kTaken: return "taken";
        case MergeResult::kDeleted: return "deleted";
        case MergeResult::kCombined: return "combined";
        case MergeResult::kKept: return "kept";
        case MergeResult::kConflict: return "conflict";
    }
    return "unknown";
}

ResolutionChoice read_resolution(Fields& data, std::string_view name) {
    const auto given = data.value(name, Presence::kRequired);
    if (!given) return {};
    const std::string field = data.where() + "/" + std::string(name);
    if (given->is_object()) {
        Fields fields(*given, field, data.limits());
        auto value = fields.value("value", Presence::kRequired);
        if (auto problem = fields.finish()) data.refuse(*std::move(problem));
        return {Resolution::kValue, std::move(value).value_or(json::Value())};
    }
    const auto word = given->as_string();
    if (word == "source") return {Resolution::kSource, {}};
    if (word == "target") return {Resolution::kTarget, {}};
    data.refuse(
        refuse_at(codes::kInvalidField, field, "\"source\", \"target\" or {\"value\":...}"));
    return {};
}

MergeChoice read_merge_choice(Fields& data) {
    MergeChoice choice;
    const auto strategy = data.one_of("strategy", Presence::kRequired, strategy_names());
    if (strategy) choice.strategy = static_cast<Strategy>(*strategy);
    read_mapping(data, choice);
    read_keyed(data, "resolutions", [&](Fields& fields, const std::string& key) {
        choice.resolutions.emplace(key, read_resolution(fields, key));
    });
    return choice;
}

}  // namespace skein::domain::run
