#include <utility>
#include <vector>

#include "engine/json/writer.h"
#include "tools/library/store.h"

namespace skein {

namespace {

// The members of `document` with `extra` ones in their sorted places.
json::Value with_members(const json::Value& document,
                         std::vector<std::pair<std::string, json::Value>> extra) {
    std::vector<std::pair<std::string, json::Value>> members = document.members();
    for (auto& member : extra) members.push_back(std::move(member));
    return json::Value::object(std::move(members));
}

// The board alone, with what identifies it.
json::Value board_document(const json::Value& swarm) {
    json::ObjectWriter out;
    out.member("board", swarm.find("board").value_or(json::Value::object({})));
    out.member_text("schema", "skein.board/1");
    out.member("swarm", swarm.find("swarm").value_or(json::Value()));
    return out.value();
}

}  // namespace

json::Value Reading::point() const {
    const domain::Mark& mark = state->mark();
    const bool is_start = mark.position.value() == 0;
    json::ObjectWriter out;
    out.member("event_id", is_start ? json::Value() : json::Value::string(mark.event_id.str()));
    out.member("position",
               is_start ? json::Value() : json::Value::unsigned_integer(mark.position.value()));
    out.member("recorded_at",
               is_start ? json::Value() : json::Value::string(format_time(mark.recorded_at)));
    out.member("shard",
               is_start ? json::Value() : json::Value::unsigned_integer(mark.shard.value()));
    out.member_text("stream", state->stream().str());
    out.member_number("version", mark.version.value());
    return out.value();
}

json::Value Reading::document() const {
    const json::Value whole = state->document(expiry);
    return with_members(
        part == replay::Part::kBoard ? board_document(whole) : whole,
        {{"digest", json::Value::string(state->digest().hex())}, {"point", point()}});
}

json::Value Reading::values() const {
    json::Value whole = state->values(expiry);
    if (part == replay::Part::kWhole) return whole;
    return whole.find("board").value_or(json::Value::object({}));
}

}  // namespace skein
