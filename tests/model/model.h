// A plain model of swarms and runs: the contract's rules (interfaces sections 2, 3 and 9) written a
// second time, as simply as they can be said, to be held against the engine.
//
// Every version of every run, and the swarm at every position, is a full copy.
// Threads: one owner. Errors: Refused within; apply() tells it as a value.
// Source: V-08, V-09, V-18, V-30.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/model/merge.h"
#include "tests/model/states.h"

namespace skein::model {

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
