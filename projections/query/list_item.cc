#include "projections/query/list_item.h"

namespace skein::projections {

ListItem list_item(const Stream& stream, Version version, const json::Value& members) {
    std::vector<std::pair<std::string, json::Value>> all = members.members();
    all.emplace_back("resource", json::Value::string(stream.str()));
    all.emplace_back("version", json::Value::unsigned_integer(version.value()));
    return {stream, json::Value::object(std::move(all)).text()};
}

}  // namespace skein::projections
