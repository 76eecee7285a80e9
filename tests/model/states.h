// What the model keeps: runs and swarms as plain values, and their documents (interfaces section 3)
// written a second time.
//
// Values are canonical texts in std::maps. It shares nothing with the engine's rules: the engine's
// JSON parser only makes texts canonical.
// Threads: one owner. Errors: Refused, thrown where a rule forbids a command. Source: V-08, V-09,
// V-18.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace skein::model {

using Json = nlohmann::json;
using Text = std::optional<std::string>;  // canonical text; none: absent

std::string canonical(const Json& value);

struct Refused {
    std::string why;
};
void refuse_where(bool condition, const std::string& why);  // throws Refused

// Who writes, where, as which version of which position.
struct Stamp {
    std::string actor;
    std::string time;
    std::uint64_t version = 0;
    std::uint64_t position = 0;
};

struct Entry {
    std::string value;
    std::uint64_t version = 0;   // as the run shows it: 1 where inherited or forked
    std::uint64_t position = 0;  // of the event that gave the value, also where inherited or forked
    std::string sensitivity = "internal";
    std::string source = "user";
    bool is_mutable = true;
    std::string actor;
};
using Area = std::map<std::string, Entry>;

struct Step {
    std::string status = "pending";
    std::string type;
    std::uint64_t started = 0;
    std::uint64_t ended = 0;
    std::uint64_t last_start = 0;  // position of its last start: the greatest is the run's `step`
    std::string detail = "null";
};

struct Mark {
    std::string destination;
    std::optional<std::string> transformation;
};

struct Checkpoint {
    std::string description;
    std::uint64_t version = 0;
};

using Slot = std::pair<std::string, std::string>;  // area, key

struct Conflict {
    Slot slot;
    Text base;
    Text source;
    Text target;
    std::string from;
    std::uint64_t from_version = 0;
};

struct Link {
    std::string run;
    std::uint64_t version = 0;
};

struct Run {
    std::string id;
    std::uint64_t version = 0;
    std::uint64_t position = 0;  // of its last event
    std::string status = "running";
    std::string detail = "null";
    std::string error = "null";
    std::optional<Link> parent;
    std::optional<Link> forked_from;
    std::string limits = "{}";
    std::map<std::string, Area> areas{{"variables", {}}, {"intermediate", {}}};
    std::map<Slot, std::uint64_t> removed;  // position of the last event that took a key out
    std::map<std::string, Step> steps;
    std::map<std::string, Mark> exports;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Conflict> conflicts;
    std::map<std::string, std::uint64_t> tags;
    std::map<std::string, Checkpoint> checkpoints;
    std::map<std::string, double> usage;
    std::string started_at;
    std::string updated_at;

    bool is_over() const;
    Area& area(const std::string& name) { return areas.at(name); }
    const Area& area(const std::string& name) const { return areas.at(name); }
    const Entry* find(const Slot& slot) const;
    Text value(const Slot& slot) const;
};

struct Item {
    std::string value;
    std::string type;
    std::vector<std::string> tags;
    std::string expires_at;
    std::string actor;
    std::uint64_t version = 0;
};

struct Swarm {
    std::uint64_t version = 0;
    Json goal;
    Json config = Json::object();
    std::string status;
    std::map<std::string, Json> agents;  // {"config","role"}
    std::map<std::string, Item> board;
    std::map<std::string, std::string> runs;  // status by id
    std::string created_at;
    std::string updated_at;
};

// As the engine prints them, but for the members `point` and `digest`.
std::string run_document(const Run& run, const std::string& swarm);
std::string swarm_document(const Swarm& swarm, const std::string& name);

}  // namespace skein::model
