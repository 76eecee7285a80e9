#include "tests/model/model.h"

namespace skein::model {

std::vector<std::string> Model::run_ids() const {
    std::vector<std::string> ids;
    for (const auto& [id, versions] : runs_) ids.push_back(id);
    return ids;
}

const std::map<std::string, Model::Handler>& Model::handlers() {
    static const std::map<std::string, Handler> all{
        {"CreateSwarm", &Model::create_swarm},
        {"UpdateSwarm", &Model::update_swarm},
        {"JoinSwarm", &Model::join_swarm},
        {"LeaveSwarm", &Model::leave_swarm},
        {"UpdateBlackboard", &Model::update_blackboard},
        {"ArchiveSwarm", &Model::archive_swarm},
        {"StartRun", &Model::start_run},
        {"UpdateContext", &Model::update_context},
        {"StartStep", &Model::start_step},
        {"CompleteStep", &Model::complete_step},
        {"FailStep", &Model::fail_step},
        {"UpdateStep", &Model::update_step},
        {"RecordUsage", &Model::record_usage},
        {"MarkForExport", &Model::mark_for_export},
        {"CompleteRun", &Model::complete_run},
        {"FailRun", &Model::end_run},
        {"CancelRun", &Model::end_run},
        {"PauseRun", &Model::change_run},
        {"ResumeRun", &Model::change_run},
        {"SetRunStatus", &Model::change_run},
        {"CheckpointRun", &Model::checkpoint_run},
        {"TagRun", &Model::tag_run},
        {"RestoreRun", &Model::restore_run},
        {"ForkRun", &Model::fork_run},
        {"MergeRun", &Model::merge_run},
        {"ResolveConflict", &Model::resolve_conflict},
    };
    return all;
}

bool Model::apply(const Json& command, const std::string& time) {
    const std::string type = command["type"];
    actor_ = command.value("actor", "");
    time_ = time;
    const Decided decided_before = decided_;
    try {
        if (type != "CreateSwarm")
            refuse_where(swarms_.empty() || swarm_now().status == "archived", "no open swarm");
        if (command.contains("expected_version")) {
            const bool is_run = command.contains("run");
            std::uint64_t version = swarm_now().version;
            if (is_run) version = has(command["run"]) ? now(command["run"]).version : 0;
            refuse_where(command["expected_version"] != version, "another version");
        }
        (this->*handlers().at(type))(command, command.value("data", Json::object()));
    } catch (const Refused& refused) {
        why_ = refused.why;
        decided_ = decided_before;
        return false;
    }
    return true;
}

Stamp Model::stamp(std::uint64_t version, std::uint64_t ahead) const {
    return {actor_, time_, version, head() + ahead};
}

void Model::push(Run run) {
    ++run.version;
    run.position = head() + 1;
    if (has(run.id)) {
        for (const auto& [name, before] : now(run.id).areas) {
            for (const auto& [key, entry] : before)
                if (run.area(name).count(key) == 0) run.removed[{name, key}] = run.position;
        }
    }
    run.updated_at = time_;
    Swarm swarm = swarm_now();
    swarm.runs[run.id] = run.status;
    swarms_.push_back(swarm);
    runs_[run.id].push_back(std::move(run));
}

void Model::push(Swarm swarm) {
    ++swarm.version;
    swarm.updated_at = time_;
    swarm.runs = swarm_now().runs;
    swarms_.push_back(std::move(swarm));
}

Run Model::open_run(const Json& command) const {
    refuse_where(!has(command["run"]), "no such run");
    refuse_where(now(command["run"]).is_over(), "the run is over");
    return now(command["run"]);
}

void Model::check_new(const Json& command) const {
    refuse_where(has(command["run"]), "the id is in use");
}

void Model::check_export(const Run& run, const std::string& key,
                         const std::string& destination) const {
    if (destination != "blackboard" && destination != "external_system") return;
    const Entry* entry = run.find({"variables", key});
    if (entry == nullptr) entry = run.find({"intermediate", key});
    if (entry->sensitivity != "secret" && entry->sensitivity != "pii") return;
    const Json config = swarm_now().config;
    if (config.contains("exports_allowed") && config["exports_allowed"].is_array()) {
        for (const Json& allowed : config["exports_allowed"])
            if (allowed == key) return;
    }
    throw Refused{"too sensitive: " + key};
}

void Model::create_swarm(const Json& /*command*/, const Json& data) {
    refuse_where(!swarms_.empty(), "the id is in use");
    Swarm swarm;
    swarm.goal = data.value("goal", Json());
    swarm.config = data.value("config", Json::object());
    swarm.status = "running";
    swarm.created_at = time_;
    push(swarm);
}

void Model::update_swarm(const Json& /*command*/, const Json& data) {
    refuse_where(data.empty(), "nothing to update");
    Swarm swarm = swarm_now();
    if (data.contains("goal")) swarm.goal = data["goal"];
    if (data.contains("config")) swarm.config.merge_patch(data["config"]);
    swarm.status = data.value("status", swarm.status);
    push(swarm);
}

void Model::join_swarm(const Json& /*command*/, const Json& data) {
    Swarm swarm = swarm_now();
    refuse_where(swarm.agents.count(data["agent"]) > 0, "joined already");
    swarm.agents[data["agent"]] = {{"config", data.value("config", Json())},
                                   {"role", data.value("role", Json())}};
    push(swarm);
}

void Model::leave_swarm(const Json& /*command*/, const Json& data) {
    Swarm swarm = swarm_now();
    refuse_where(swarm.agents.erase(data["agent"]) == 0, "not joined");
    push(swarm);
}

void Model::update_blackboard(const Json& /*command*/, const Json& data) {
    Swarm swarm = swarm_now();
    const Json sets = data.value("set", Json::array());
    const Json deletes = data.value("delete", Json::array());
    refuse_where(sets.empty() && deletes.empty(), "nothing to update");
    for (const Json& set : sets) {
        for (const Json& id : deletes) refuse_where(set["id"] == id, "set and deleted");
        Item& item = swarm.board[set["id"]];
        item.value = canonical(set["value"]);
        item.type = set.value("type", item.type);
        item.tags = set.value("tags", item.tags);
        item.expires_at = set.value("expires_at", item.expires_at);
        item.actor = actor_;
        item.version = swarm.version + 1;
    }
    for (const std::string id : deletes) swarm.board.erase(id);
    push(swarm);
}

void Model::archive_swarm(const Json& /*command*/, const Json& /*data*/) {
    Swarm swarm = swarm_now();
    swarm.status = "archived";
    push(swarm);
}

}  // namespace skein::model
