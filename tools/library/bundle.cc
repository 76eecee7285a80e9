#include "tools/library/bundle.h"

#include "engine/json/writer.h"

namespace skein {

std::uint64_t BundleContent::events() const {
    std::uint64_t sum = 0;
    for (const Position position : positions) sum += position.value();
    return sum;
}

json::Value BundleContent::document() const {
    std::vector<json::Value> heads;
    for (std::size_t shard = 0; shard < positions.size(); ++shard) {
        json::ObjectWriter head;
        head.member_text("hash", to_hex(hashes[shard]));
        head.member_number("position", positions[shard].value());
        head.member_number("shard", shard);
        heads.push_back(head.value());
    }
    json::ObjectWriter out;
    out.member_number("bytes", bytes);
    out.member_number("commands", commands);
    out.member_number("events", events());
    out.member_text("incarnation", incarnation.str());
    out.member_text("schema", "skein.bundle/1");
    out.member("shards", json::Value::array(heads));
    out.member_text("store_id", store_id.str());
    return out.value();
}

}  // namespace skein
