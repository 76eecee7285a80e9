#include "engine/domain/swarm/swarm_state.h"

#include <array>
#include <typeinfo>

#include "engine/base/check.h"
#include "engine/domain/enum_names.h"
#include "engine/domain/kind.h"
#include "engine/domain/swarm/swarm_events.h"
#include "engine/json/writer.h"

namespace skein::domain::swarm {

namespace {

constexpr std::array<std::string_view, 9> kStatusNames{
    "uninitialized", "starting", "running",    "idle",     "paused",
    "stopped",       "failed",   "terminated", "archived",
};

// What the members of a document take that are not counted one by one.
constexpr std::size_t kFrameBytes = 256;
constexpr std::size_t kLineBytes = 32;

json::Value text_or_null(const std::string& text) {
    return text.empty() ? json::Value() : json::Value::string(text);
}

json::Value time_or_null(const std::optional<Timestamp>& time) {
    return time ? json::Value::string(format_time(*time)) : json::Value();
}

json::Value agents_document(const SwarmState& swarm) {
    json::ObjectWriter out;
    swarm.agents.map().for_each([&out](const std::string& id, const Agent& agent) {
        json::ObjectWriter line;
        line.member("config", agent.config);
        line.member("role", text_or_null(agent.role));
        out.member_canonical(id, line.text());
    });
    return out.value();
}

bool is_expired(const BoardItem& item, Timestamp now) {
    return item.expires_at && *item.expires_at <= now;
}

json::Value board_document(const SwarmState& swarm, Timestamp now) {
    json::ObjectWriter out;
    swarm.board.map().for_each([&](const std::string& id, const BoardItem& item) {
        if (is_expired(item, now)) return;
        json::ObjectWriter line;
        line.member("actor", text_or_null(item.actor));
        line.member("expires_at", time_or_null(item.expires_at));
        line.member("tags", texts_value(item.tags));
        line.member("type", text_or_null(item.type));
        line.member("value", item.value);
        line.member_number("version", item.version.value());
        out.member_canonical(id, line.text());
    });
    return out.value();
}

json::Value board_values(const SwarmState& swarm, Timestamp now) {
    json::ObjectWriter out;
    swarm.board.map().for_each([&](const std::string& id, const BoardItem& item) {
        if (!is_expired(item, now)) out.member(id, item.value);
    });
    return out.value();
}

json::Value runs_document(const SwarmState& swarm) {
    std::string out = "[";
    swarm.runs.map().for_each([&out](const std::string& run, const RunLine& line) {
        json::ObjectWriter writer;
        writer.member_text("run", run);
        writer.member_text("status", line.status);
        if (out.size() > 1) out.push_back(',');
        out += writer.text();
    });
    out.push_back(']');
    return json::Value::from_canonical(out);
}

json::Digest member_digest(std::string_view name, const json::Value& value) {
    return json::digest(json::Path().key(name), value);
}

}  // namespace

std::string_view to_string(SwarmStatus status) { return enum_name(kStatusNames, status); }

json::Value texts_value(const std::vector<std::string>& texts) {
    std::vector<json::Value> values;
    values.reserve(texts.size());
    for (const std::string& text : texts) values.push_back(json::Value::string(text));
    return json::Value::array(values);
}

json::Digest Agent::digest(const json::Path& at) const {
    json::Digest sum = json::container_digest(at, json::Type::kObject, 2);
    sum += json::digest(at.key("config"), config);
    sum += json::digest(at.key("role"), text_or_null(role));
    return sum;
}

std::size_t Agent::size_bytes() const { return kLineBytes + role.size() + config.size_bytes(); }

json::Digest BoardItem::digest(const json::Path& at) const {
    json::Digest sum = json::container_digest(at, json::Type::kObject, 3);
    sum += json::digest(at.key("tags"), texts_value(tags));
    sum += json::digest(at.key("type"), text_or_null(type));
    sum += value_digest;
    return sum;
}

std::size_t BoardItem::size_bytes() const {
    std::size_t bytes = 3 * kLineBytes + value.size_bytes() + type.size() + actor.size();
    for (const std::string& tag : tags) bytes += tag.size() + 3;
    return bytes;
}

json::Digest RunLine::digest(const json::Path& at) const {
    return json::digest(at, json::Value::string(status));
}

std::size_t RunLine::size_bytes() const { return kLineBytes + status.size(); }

SwarmState::SwarmState(Stream stream) : State(std::move(stream)) {}

std::shared_ptr<State> SwarmState::clone() const { return std::make_shared<SwarmState>(*this); }

std::string_view SwarmState::swarm() const { return segment_of(stream(), "swarm"); }

bool SwarmState::allows_export_of(std::string_view key) const {
    const auto allowed = config.find("exports_allowed");
    bool found = false;
    if (!allowed || !allowed->is_array()) return found;
    allowed->for_each_element(
        [&](const json::Value& element) { found = found || element.as_string() == key; });
    return found;
}

json::Value SwarmState::document(Timestamp now) const {
    const auto time = [this](Timestamp at) {
        return time_or_null(exists() ? std::optional(at) : std::nullopt);
    };
    json::ObjectWriter out;
    out.member("agents", agents_document(*this));
    out.member("board", board_document(*this, now));
    out.member("config", config);
    out.member("created_at", time(created_at));
    out.member("goal", goal);
    out.member("runs", runs_document(*this));
    out.member_text("schema", "skein.swarm/1");
    out.member_text("status", to_string(status));
    out.member_text("swarm", swarm());
    out.member("team", team);
    out.member("tools", tools);
    out.member("updated_at", time(updated_at));
    return out.value();
}

std::optional<json::Value> SwarmState::list_member(std::string_view name) const {
    if (name == "status") return json::Value::string(to_string(status));
    if (name == "goal") return goal;
    if (name == "runs") return json::Value::unsigned_integer(runs.size());
    if (name == "updated_at")
        return time_or_null(exists() ? std::optional(updated_at) : std::nullopt);
    return std::nullopt;
}

json::Value SwarmState::values(Timestamp now) const {
    json::ObjectWriter out;
    out.member("agents", agents_document(*this));
    out.member("board", board_values(*this, now));
    out.member("config", config);
    out.member("goal", goal);
    out.member_text("status", to_string(status));
    out.member("tools", tools);
    return out.value();
}

std::optional<json::Value> SwarmState::keyed_value(const PlacedKey& place, Timestamp now) const {
    const BoardItem* item = board.find(place.key);
    if (item == nullptr || is_expired(*item, now)) return std::nullopt;
    return item->value;
}

json::Digest SwarmState::digest() const {
    json::Digest sum = json::container_digest(json::Path(), json::Type::kObject, 10);
    sum += agents.digest();
    sum += board.digest();
    sum += member_digest("config", config);
    sum += member_digest("goal", goal);
    sum += runs.digest();
    sum += member_digest("schema", json::Value::string("skein.swarm/1"));
    sum += member_digest("status", json::Value::string(to_string(status)));
    sum += member_digest("swarm", json::Value::string(swarm()));
    sum += member_digest("team", team);
    sum += member_digest("tools", tools);
    return sum;
}

std::size_t SwarmState::size_bytes() const {
    return kFrameBytes + agents.size_bytes() + board.size_bytes() + runs.size_bytes() +
           config.size_bytes() + goal.size_bytes() + team.size_bytes() + tools.size_bytes();
}

std::size_t SwarmState::memory_bytes() const {
    return sizeof(SwarmState) + size_bytes() + agents.map().memory_bytes() +
           board.map().memory_bytes() + runs.map().memory_bytes();
}

void SwarmState::evolve(const Event& event, const Past& past) {
    SKEIN_CHECK(event.body->type().kind == "swarm", "{} folded into a swarm",
                event.body->type().name);
    static_cast<const SwarmEvent&>(*event.body).evolve(*this, event.meta, past);
    updated_at = event.meta.recorded_at;
}

void SwarmState::evolve_observed(const Event& event) {
    const std::string_view run = segment_of(event.meta.stream, "run");
    const auto listed = event.body->listed_status();
    if (!run.empty() && listed) runs.put(std::string(run), {std::string(*listed)});
}

const SwarmState& as_swarm(const State& state) {
    SKEIN_CHECK(typeid(state) == typeid(SwarmState), "{} is no swarm", state.stream().str());
    return static_cast<const SwarmState&>(state);
}

}  // namespace skein::domain::swarm
