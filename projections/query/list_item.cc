#include "projections/query/list_item.h"

namespace skein::projections {

ListItem list_item(const domain::Kind& kind, const domain::State& state) {
    const json::Value document = state.document(state.mark().recorded_at);
    std::vector<std::pair<std::string, json::Value>> members;
    members.emplace_back("resource", json::Value::string(state.stream().str()));
    members.emplace_back("version", json::Value::unsigned_integer(state.version().value()));
    for (const std::string_view name : kind.list_members) {
        const json::Value value = document.find(name).value_or(json::Value());
        members.emplace_back(
            name, value.is_array() ? json::Value::unsigned_integer(value.count()) : value);
    }
    return {state.stream(), json::Value::object(std::move(members)).text()};
}

}  // namespace skein::projections
