#include "engine/domain/list_members.h"

#include <string>
#include <utility>
#include <vector>

namespace skein::domain {

namespace {

json::Value from_document(const State& state, std::string_view name) {
    const json::Value value =
        state.document(state.mark().recorded_at).find(name).value_or(json::Value());
    return value.is_array() ? json::Value::unsigned_integer(value.count()) : value;
}

}  // namespace

std::optional<json::Value> list_members(const Kind& kind, const State& state,
                                        std::size_t bytes_max) {
    const auto* quick = dynamic_cast<const ListMembers*>(&state);
    std::vector<std::pair<std::string, json::Value>> members;
    for (const std::string_view name : kind.list_members) {
        std::optional<json::Value> value;
        if (quick != nullptr) value = quick->list_member(name);
        if (!value) value = from_document(state, name);
        if (value->size_bytes() > bytes_max) return std::nullopt;
        members.emplace_back(name, std::move(*value));
    }
    return json::Value::object(std::move(members));
}

}  // namespace skein::domain
