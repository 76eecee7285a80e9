// SwarmState: a swarm with its blackboard and agents; as a document also the list of its runs.
//
// The runs are known only where the whole scope is folded (State::observe): documents and views do,
// the executor does not, since no decision about a swarm rests on them.
// Threads: as State. Errors: none. Source: V-52, V-53, V-60, V-62, V-63; interfaces sections 3 and 9.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/domain/list_members.h"
#include "engine/domain/section.h"
#include "engine/domain/state.h"

namespace skein::domain::swarm {

enum class SwarmStatus : std::uint8_t {
    kUninitialized,
    kStarting,
    kRunning,
    kIdle,
    kPaused,
    kStopped,
    kFailed,
    kTerminated,
    kArchived,
};
std::string_view to_string(SwarmStatus status);

// An array of strings.
json::Value texts_value(const std::vector<std::string>& texts);

struct Agent {
    std::string role;  // empty: none
    json::Value config;

    json::Digest digest(const json::Path& at) const;
    std::size_t size_bytes() const;
};

struct BoardItem {
    json::Value value;
    std::string type;  // empty: none
    std::vector<std::string> tags;
    std::optional<Timestamp> expires_at;
    std::string actor;
    Version version;            // of the swarm's stream
    json::Digest value_digest;  // of `value` at its place

    json::Digest digest(const json::Path& at) const;  // ignores expiry, actor and version
    std::size_t size_bytes() const;
};

// One line of the list of runs.
struct RunLine {
    std::string status;

    json::Digest digest(const json::Path& at) const;
    std::size_t size_bytes() const;
};

class SwarmState final : public State, public ListMembers {
 public:
    explicit SwarmState(Stream stream);

    std::shared_ptr<State> clone() const override;
    json::Value document(Timestamp now) const override;
    json::Value values(Timestamp now) const override;
    json::Digest digest() const override;
    std::size_t size_bytes() const override;
    std::size_t memory_bytes() const override;
    std::optional<json::Value> list_member(std::string_view name) const override;
    // Of an item of the board that has not expired.
    std::optional<json::Value> keyed_value(const PlacedKey& place, Timestamp now) const override;

    std::string_view swarm() const;
    bool is_archived() const { return status == SwarmStatus::kArchived; }
    // Whether config.exports_allowed (an array of keys) names `key`.
    bool allows_export_of(std::string_view key) const;

    SwarmStatus status = SwarmStatus::kRunning;
    json::Value goal;                              // text or null
    json::Value config = json::Value::object({});  // object
    json::Value team;                              // any, or null
    json::Value tools = json::Value::array({});    // array
    Section<Agent> agents{"agents"};
    Section<BoardItem> board{"board"};
    Section<RunLine> runs{"runs"};
    Timestamp created_at;
    Timestamp updated_at;

    void forget_observed() override { runs.clear(); }

 protected:
    void evolve(const Event& event, const Past& past) override;
    void evolve_observed(const Event& event) override;
};

const SwarmState& as_swarm(const State& state);

}  // namespace skein::domain::swarm
