// The events of a swarm, one struct each.
//
// Threads: immutable after construction. Errors: none. Source: interfaces section 2 (table), V-52.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/domain/event.h"
#include "engine/domain/swarm/swarm_state.h"

namespace skein::domain::swarm {

class SwarmEvent : public EventBody {
 public:
    // Pure. `meta` is this event's own; `past` resolves references.
    virtual void evolve(SwarmState& swarm, const EventMeta& meta, const Past& past) const = 0;
};

#define SKEIN_SWARM_EVENT(Name)                              \
    static const EventType kType;                            \
    const EventType& type() const override { return kType; } \
    json::Value data() const override;                       \
    void evolve(SwarmState& swarm, const EventMeta& meta, const Past& past) const override;

struct SwarmCreated final : SwarmEvent {
    SKEIN_SWARM_EVENT(SwarmCreated)
    json::Value goal;    // text or null
    json::Value config;  // object
    json::Value team;    // any, or null
    json::Value tools;   // array
};
struct SwarmUpdated final : SwarmEvent {
    SKEIN_SWARM_EVENT(SwarmUpdated)
    std::optional<json::Value> goal;    // text or null
    std::optional<json::Value> config;  // merge patch
    std::optional<SwarmStatus> status;
};
struct AgentJoined final : SwarmEvent {
    SKEIN_SWARM_EVENT(AgentJoined)
    std::string agent;
    std::string role;    // empty: none
    json::Value config;  // object or null
};
struct AgentLeft final : SwarmEvent {
    SKEIN_SWARM_EVENT(AgentLeft)
    std::string agent;
};
// A `set` keeps type, tags and expires_at that it leaves out.
struct BoardSet {
    std::string id;
    StoredValue value;
    std::optional<std::string> type;
    std::optional<std::vector<std::string>> tags;
    std::optional<Timestamp> expires_at;
};
struct BlackboardUpdated final : SwarmEvent {
    SKEIN_SWARM_EVENT(BlackboardUpdated)
    std::optional<Touch> touch(const State& before, const PlacedKey& place) const override;
    std::vector<BoardSet> sets;
    std::vector<std::string> deletes;
    std::string from_run;  // where a completed run exported them; empty else
};
struct SwarmArchived final : SwarmEvent {
    SKEIN_SWARM_EVENT(SwarmArchived)
};

const std::vector<const EventType*>& swarm_event_types();

}  // namespace skein::domain::swarm
