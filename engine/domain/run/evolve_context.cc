// What a run holds and uses: ContextUpdated, UsageRecorded, ExportMarked.

#include <array>

#include "engine/domain/enum_names.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/updates.h"
#include "engine/domain/run/usage.h"
#include "engine/json/writer.h"

namespace skein::domain::run {

const EventType ContextUpdated::kType{"ContextUpdated", 1, "run"};
const EventType UsageRecorded::kType{"UsageRecorded", 1, "run"};
const EventType ExportMarked::kType{"ExportMarked", 1, "run"};

namespace {

constexpr std::array<std::string_view, 4> kOpNames{"set", "append", "delete", "merge"};

}  // namespace

std::string_view to_string(UpdateOp op) { return enum_name(kOpNames, op); }
std::optional<UpdateOp> parse_update_op(std::string_view text) {
    return parse_enum<UpdateOp>(kOpNames, text);
}

json::Value ContextUpdated::data() const {
    json::ObjectWriter out;
    out.member("updates", updates_data(updates));
    return out.value();
}

void ContextUpdated::evolve(RunState& run, const EventMeta& meta, const Past& /*past*/) const {
    apply_updates(run, updates, meta);
}

json::Value UsageRecorded::data() const {
    std::vector<json::Value> names;
    for (const std::string& name : crossed) names.push_back(json::Value::string(name));
    json::ObjectWriter out;
    out.member("crossed", json::Value::array(names));
    out.member("usage", usage.document());
    return out.value();
}

void UsageRecorded::evolve(RunState& run, const EventMeta& /*meta*/, const Past& /*past*/) const {
    for (const UsageField& field : kUsageFields) {
        const auto& added = usage.*field.member;
        auto& sum = run.usage.*field.member;
        if (added) sum = sum.value_or(0) + *added;
    }
}

json::Value ExportMarked::data() const {
    json::ObjectWriter out;
    out.member_text("destination", to_string(mark.destination));
    out.member_text("key", key);
    out.member("transformation",
               mark.has_transformation ? json::Value::string(mark.transformation) : json::Value());
    return out.value();
}

void ExportMarked::evolve(RunState& run, const EventMeta& /*meta*/, const Past& /*past*/) const {
    run.exports.put(key, mark);
}

}  // namespace skein::domain::run
