// RunState: the RunContext, everything about one run at one version.
//
//   pending -> initializing -> running <-> blocked, running <-> paused
//   any non-terminal -> failed | cancelled; running -> completed
//
// Invariants: running_steps() holds exactly the steps whose status is running, in the order they were
// started; `status` is terminal at most once; every entry's version <= version(); conflicts are
// keyed by (version, n). An entry with position < first_position came by inheritance or fork.
// Threads: as State. Errors: none. Source: V-01 to V-14, V-26; interfaces sections 3 and 9.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/cow_map.h"
#include "engine/domain/kept_digest.h"
#include "engine/domain/list_members.h"
#include "engine/domain/named_elsewhere.h"
#include "engine/domain/run/entry.h"
#include "engine/domain/section.h"
#include "engine/domain/state.h"

namespace skein::domain::run {

// How far two runs were merged: the version of the other run that this one took, and when.
struct MergedFrom {
    Version version;
    Position position;
};

class RunState final : public State, public ListMembers, public NamedElsewhere {
 public:
    explicit RunState(Stream stream);

    std::shared_ptr<State> clone() const override;
    json::Value document(Timestamp now) const override;
    json::Value values(Timestamp now) const override;
    json::Digest digest() const override;
    std::size_t size_bytes() const override;
    std::size_t memory_bytes() const override;
    std::optional<json::Value> list_member(std::string_view name) const override;
    // A critical or long run that was checkpointed after `since`, or has ended.
    bool is_recovery_point(Version since) const override;
    // Variables, then intermediate results.
    std::vector<std::string_view> key_areas() const override;
    std::optional<json::Value> keyed_value(const PlacedKey& place, Timestamp now) const override;
    std::optional<Version> named_point(std::string_view space,
                                       std::string_view name) const override;
    // A step whose last event was before the fork.
    std::optional<Elsewhere> named_elsewhere(std::string_view space,
                                             std::string_view name) const override;
    std::optional<json::Value> find_value(std::string_view area,
                                          std::string_view key) const override;

    // The id of this run and of its swarm, from the stream's name.
    std::string_view run() const;
    std::string_view swarm() const;
    Stream swarm_stream() const;
    Stream sibling(std::string_view run) const;  // another run of the same swarm

    Section<Entry>& area(Area area);
    const Section<Entry>& area(Area area) const;
    // Where each key of an area was last removed, by the key; says nothing of keys that are there.
    CowMap<std::string, Position>& removed(Area area);
    const CowMap<std::string, Position>& removed(Area area) const;
    // Takes a key out of its area, where it is there, by the event at `position`.
    void remove(Area name, const std::string& key, Position position);
    // The event that removed a key, of one that is not there; 0 where it never was.
    Position removed_at(Area name, std::string_view key) const;
    // Variables first, then intermediate; nullptr where neither has it.
    const Entry* find_entry(std::string_view key) const;
    // The open conflict of this id, or nullptr.
    const Conflict* find_conflict(std::string_view id) const;
    // The version to print for an entry: 1 where it was inherited or forked.
    Version version_of(const Entry& entry) const;
    bool is_terminal() const { return run::is_terminal(status); }
    // Whether the last event about a step stands in the stream that this run was forked from.
    bool is_of_source(const Step& step) const {
        return forked_from.has_value() && step.last_at < first_position;
    }
    // The last started among the running steps, empty where none runs.
    std::string_view step() const;

    // What events change. Only evolve functions and codecs write here.
    RunStatus status = RunStatus::kPending;
    json::Value status_detail;  // of SetRunStatus; null else
    std::optional<RunPoint> parent;
    std::optional<RunPoint> forked_from;
    json::Value routine;                               // object or null
    json::Value permissions = json::Value::array({});  // array
    json::Value limits = json::Value::object({});      // object
    json::Value error;
    Usage usage;
    Position first_position;
    Timestamp started_at;
    Timestamp updated_at;
    Section<Entry> variables{"variables"};
    Section<Entry> intermediate{"intermediate"};
    Section<Step> steps{"steps"};
    std::vector<std::string> running_steps;
    Section<ExportMark> exports{"exports"};
    Section<Tag> tags{"tags"};
    Section<Checkpoint> checkpoints{"checkpoints"};
    CowMap<ConflictId, Conflict> conflicts;
    CowMap<std::string, MergedFrom> merged_from;      // by run id
    CowMap<std::string, Position> removed_variables;  // see removed()
    CowMap<std::string, Position> removed_intermediate;

 protected:
    void evolve(const Event& event, const Past& past) override;

 private:
    json::Digest frame_digest() const;

    mutable KeptDigest frame_;  // of everything but the two areas
};

const RunState& as_run(const State& state);

}  // namespace skein::domain::run
