#include "engine/domain/run/point_field.h"

#include "engine/domain/codes.h"

namespace skein::domain::run {

std::optional<std::string> read_point(Fields& data, std::string_view name, Presence presence) {
    auto point = data.text(name, presence);
    if (!point || point->rfind('@', 0) == 0) return point;
    const std::string field = data.where() + "/" + std::string(name);
    data.refuse(reject(codes::kInvalidPoint,
                       field + " must begin with @, such as @12 or @tag:NAME.",
                       json::Value::object({{"field", json::Value::string(field)}})));
    return std::nullopt;
}

}  // namespace skein::domain::run
