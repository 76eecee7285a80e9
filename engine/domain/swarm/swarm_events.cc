#include "engine/domain/swarm/swarm_events.h"

#include "engine/json/patch.h"
#include "engine/json/writer.h"

namespace skein::domain::swarm {

const EventType SwarmCreated::kType{"SwarmCreated", 1, "swarm"};
const EventType SwarmUpdated::kType{"SwarmUpdated", 1, "swarm"};
const EventType AgentJoined::kType{"AgentJoined", 1, "swarm"};
const EventType AgentLeft::kType{"AgentLeft", 1, "swarm"};
const EventType BlackboardUpdated::kType{"BlackboardUpdated", 1, "swarm"};
const EventType SwarmArchived::kType{"SwarmArchived", 1, "swarm"};

const std::vector<const EventType*>& swarm_event_types() {
    static const std::vector<const EventType*> types{
        &SwarmCreated::kType, &SwarmUpdated::kType,      &AgentJoined::kType,
        &AgentLeft::kType,    &BlackboardUpdated::kType, &SwarmArchived::kType,
    };
    return types;
}

json::Value SwarmCreated::data() const {
    json::ObjectWriter out;
    out.member("config", config);
    out.member("goal", goal);
    out.member("team", team);
    out.member("tools", tools);
    return out.value();
}

void SwarmCreated::evolve(SwarmState& swarm, const EventMeta& meta, const Past& /*past*/) const {
    swarm.status = SwarmStatus::kRunning;
    swarm.goal = goal;
    swarm.config = config;
    swarm.team = team;
    swarm.tools = tools;
    swarm.created_at = meta.recorded_at;
}

json::Value SwarmUpdated::data() const {
    json::ObjectWriter out;
    if (config) out.member("config", *config);
    if (goal) out.member("goal", *goal);
    if (status) out.member_text("status", to_string(*status));
    return out.value();
}

void SwarmUpdated::evolve(SwarmState& swarm, const EventMeta& /*meta*/,
                          const Past& /*past*/) const {
    if (goal) swarm.goal = *goal;
    if (config) swarm.config = json::merge(swarm.config, *config);
    if (status) swarm.status = *status;
}

json::Value AgentJoined::data() const {
    json::ObjectWriter out;
    out.member_text("agent", agent);
    out.member("config", config);
    out.member("role", role.empty() ? json::Value() : json::Value::string(role));
    return out.value();
}

void AgentJoined::evolve(SwarmState& swarm, const EventMeta& /*meta*/, const Past& /*past*/) const {
    swarm.agents.put(agent, {role, config});
}

json::Value AgentLeft::data() const {
    json::ObjectWriter out;
    out.member_text("agent", agent);
    return out.value();
}

void AgentLeft::evolve(SwarmState& swarm, const EventMeta& /*meta*/, const Past& /*past*/) const {
    swarm.agents.erase(agent);
}

namespace {

// {"value":...} or {"ref":...} of the stored value, beside what the item is.
json::Value set_data(const BoardSet& set) {
    auto members = stored_value_data(set.value).members();
    members.emplace_back("id", json::Value::string(set.id));
    if (set.type) members.emplace_back("type", json::Value::string(*set.type));
    if (set.expires_at) {
        members.emplace_back("expires_at", json::Value::string(format_time(*set.expires_at)));
    }
    if (set.tags) members.emplace_back("tags", texts_value(*set.tags));
    return json::Value::object(std::move(members));
}

void apply_set(SwarmState& swarm, const BoardSet& set, const EventMeta& meta, const Past& past) {
    const BoardItem* old = swarm.board.find(set.id);
    BoardItem item = old == nullptr ? BoardItem{} : *old;
    item.value = stored_value(set.value, past);
    item.value_digest = json::digest(swarm.board.path(set.id).key("value"), item.value);
    if (set.type) item.type = *set.type;
    if (set.tags) item.tags = *set.tags;
    if (set.expires_at) item.expires_at = set.expires_at;
    item.actor = meta.actor;
    item.version = meta.version;
    swarm.board.put(set.id, std::move(item));
}

}  // namespace

json::Value BlackboardUpdated::data() const {
    std::vector<json::Value> items;
    for (const BoardSet& set : sets) items.push_back(set_data(set));
    json::ObjectWriter out;
    out.member("delete", texts_value(deletes));
    out.member("from_run", from_run.empty() ? json::Value() : json::Value::string(from_run));
    out.member("set", json::Value::array(items));
    return out.value();
}

void BlackboardUpdated::evolve(SwarmState& swarm, const EventMeta& meta, const Past& past) const {
    for (const BoardSet& set : sets) apply_set(swarm, set, meta, past);
    for (const std::string& id : deletes) swarm.board.erase(id);
}

json::Value SwarmArchived::data() const { return json::Value::object({}); }

void SwarmArchived::evolve(SwarmState& swarm, const EventMeta& /*meta*/,
                           const Past& /*past*/) const {
    swarm.status = SwarmStatus::kArchived;
}

}  // namespace skein::domain::swarm
