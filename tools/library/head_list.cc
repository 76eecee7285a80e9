#include "tools/library/head_list.h"

#include "engine/json/writer.h"

namespace skein {

std::uint64_t sum_of(const std::vector<Position>& positions) {
    std::uint64_t sum = 0;
    for (const Position position : positions) sum += position.value();
    return sum;
}

json::Value heads_document(const std::vector<Position>& positions,
                           const std::vector<Hash>& hashes) {
    std::vector<json::Value> heads;
    for (std::size_t shard = 0; shard < positions.size(); ++shard) {
        json::ObjectWriter head;
        head.member_text("hash", to_hex(hashes[shard]));
        head.member_number("position", positions[shard].value());
        head.member_number("shard", shard);
        heads.push_back(head.value());
    }
    return json::Value::array(heads);
}

}  // namespace skein
