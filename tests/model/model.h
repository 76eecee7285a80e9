// A plain model of swarms and runs: the contract's rules (interfaces sections 2, 3 and 9) written a
// second time, as simply as they can be said, to be held against the engine.
//
// Values are canonical texts in std::maps; every version of every run, and the swarm at every
// position, is a full copy. It shares nothing with the engine's rules: the engine's JSON parser
// only makes texts canonical.
// Threads: one owner. Errors: Refused, where a rule forbids a command.
// Source: V-08, V-09, V-18, V-30.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
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

// One side of a merge. A side that never held a key cannot have deleted it: `held` are the states
// that say what it held; none: all that the base has.
struct Side {
    const Run* run = nullptr;
    std::vector<const Run*> held;
};

struct MergeOf {
    const Run* base = nullptr;
    Side source;
    Side target;
    std::uint64_t source_version = 0;
    std::optional<std::set<Slot>> only;  // none: all keys
    Json choice;                         // strategy, mapping, resolutions
};

// Who writes, where, as which version of which position.
struct Stamp {
    std::string actor;
    std::string time;
    std::uint64_t version = 0;
    std::uint64_t position = 0;
};

// How often each strategy decided a key that conflicted.
using Decided = std::map<std::string, std::uint64_t>;

// Merges into `result`, which begins as the target. Throws Refused.
void merge(const MergeOf& request, const Stamp& stamp, Run& result, Decided& decided);
// Rules of shape: a mapping beside another strategy, or with one that decides no single key.
void check_choice(const Json& choice);
// What both a value of a merge and of a resolution do to metadata where neither side had the value.
void put_combined(Run& run, const Slot& slot, const Entry* source, const std::string& value,
                  const Stamp& stamp);
void put_taken(Run& run, const Slot& slot, const Entry& from, const Stamp& stamp);
Json deep_merge(const Json& under, const Json& over);

std::string run_document(const Run& run, const std::string& swarm);
std::string swarm_document(const Swarm& swarm, const std::string& name);

class Model {
 public:
    explicit Model(std::string swarm) : swarm_(std::move(swarm)) {}

    // Whether the rules accept the command (JSON of interfaces section 2); where they do, it
    // happens.
    bool apply(const Json& command, const std::string& time);
    const std::string& why() const { return why_; }  // of the last refusal

    bool has(const std::string& run) const { return runs_.count(run) > 0; }
    const Run& now(const std::string& run) const { return runs_.at(run).back(); }
    const Run& at(const std::string& run, std::uint64_t version) const {
        return runs_.at(run).at(version - 1);
    }
    std::vector<std::string> run_ids() const;
    std::uint64_t head() const { return swarms_.size(); }
    // After the event at `position`, which begins at 1.
    const Swarm& swarm_at(std::uint64_t position) const { return swarms_.at(position - 1); }
    const std::string& swarm_name() const { return swarm_; }
    const Decided& decided() const { return decided_; }
    std::uint64_t children_merged() const { return children_merged_; }

 private:
    struct Merged {
        std::uint64_t version = 0;   // of the run merged in
        std::uint64_t position = 0;  // when
        std::uint64_t here = 0;      // the version that the merge made
    };
    using Handler = void (Model::*)(const Json& command, const Json& data);

    static const std::map<std::string, Handler>& handlers();
    Swarm swarm_now() const { return swarms_.empty() ? Swarm() : swarms_.back(); }
    std::uint64_t resolve(const std::string& run, const std::string& point) const;
    Stamp stamp(std::uint64_t version, std::uint64_t ahead = 1) const;
    void push(Run run);
    void push(Swarm swarm);
    Run open_run(const Json& command) const;  // a copy of one that is not over
    void check_new(const Json& command) const;
    std::vector<Link> line_of(const std::string& run) const;
    void find_base(const std::string& source, const std::string& target, MergeOf& request) const;
    void check_export(const Run& run, const std::string& key, const std::string& destination) const;
    void merge_child(const Run& child, const Json& data, std::vector<Run>& changed);
    std::optional<Swarm> exported_board(const Run& child) const;

    void create_swarm(const Json& command, const Json& data);
    void update_swarm(const Json& command, const Json& data);
    void join_swarm(const Json& command, const Json& data);
    void leave_swarm(const Json& command, const Json& data);
    void update_blackboard(const Json& command, const Json& data);
    void archive_swarm(const Json& command, const Json& data);
    void start_run(const Json& command, const Json& data);
    void update_context(const Json& command, const Json& data);
    void start_step(const Json& command, const Json& data);
    void complete_step(const Json& command, const Json& data);
    void fail_step(const Json& command, const Json& data);
    void update_step(const Json& command, const Json& data);
    void record_usage(const Json& command, const Json& data);
    void mark_for_export(const Json& command, const Json& data);
    void complete_run(const Json& command, const Json& data);
    void end_run(const Json& command, const Json& data);     // FailRun, CancelRun
    void change_run(const Json& command, const Json& data);  // PauseRun, ResumeRun, SetRunStatus
    void checkpoint_run(const Json& command, const Json& data);
    void tag_run(const Json& command, const Json& data);
    void restore_run(const Json& command, const Json& data);
    void fork_run(const Json& command, const Json& data);
    void merge_run(const Json& command, const Json& data);
    void resolve_conflict(const Json& command, const Json& data);

    std::string swarm_;
    std::map<std::string, std::vector<Run>> runs_;                 // by version - 1
    std::vector<Swarm> swarms_;                                    // by position - 1
    std::map<std::string, std::map<std::string, Merged>> merged_;  // into, from: the last one
    Decided decided_;
    std::uint64_t children_merged_ = 0;
    std::string actor_;  // of the command being applied
    std::string time_;
    std::string why_;
};

}  // namespace skein::model
