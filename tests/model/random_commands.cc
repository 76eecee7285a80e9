#include "tests/model/random_commands.h"

namespace skein::model {

const std::vector<RandomCommands::Weighted>& RandomCommands::kinds() {
    using R = RandomCommands;
    static const std::vector<Weighted> all{
        {26, "UpdateContext", &R::updated},
        {12, "MergeRun", &R::merged},
        {9, "StartRun", &R::started},
        {8, "ForkRun", &R::forked},
        {7, "CompleteRun", &R::completed},
        {7, "MarkForExport", &R::exported},
        {5, "RestoreRun", &R::restored},
        {5, "ResolveConflict", &R::resolved},
        {4, "StartStep", &R::started_step},
        {3, "CompleteStep", &R::completed_step},
        {1, "FailStep", &R::failed_step},
        {2, "UpdateStep", &R::updated_step},
        {1, "RecordUsage", &R::usage},
        {2, "TagRun", &R::tag},
        {1, "CheckpointRun", &R::checkpoint},
        {1, "PauseRun", &R::error},
        {1, "ResumeRun", &R::error},
        {2, "SetRunStatus", &R::status},
        {1, "FailRun", &R::error},
        {1, "CancelRun", &R::error},
        {3, "UpdateBlackboard", &R::board},
        {1, "UpdateSwarm", &R::swarm_update},
        {1, "JoinSwarm", &R::agent},
        {1, "LeaveSwarm", &R::left_agent},
        {1, "CreateSwarm", &R::swarm_update},
    };
    return all;
}

Json RandomCommands::first() {
    Json data = Json::object();
    if (chance(50)) data["goal"] = "go";
    if (chance(50)) data["config"] = {{"exports_allowed", {"a"}}};
    return {{"type", "CreateSwarm"}, {"swarm", model_.swarm_name()}, {"data", data}};
}

Json RandomCommands::next() {
    std::uint64_t sum = 0;
    for (const Weighted& kind : kinds()) sum += kind.weight;
    std::uint64_t left = random_.below(sum);
    const Weighted* chosen = &kinds().front();
    for (const Weighted& kind : kinds()) {
        chosen = &kind;
        if (left < kind.weight) break;
        left -= kind.weight;
    }
    std::string type = chosen->type;
    Maker data = chosen->data;
    if (model_.run_ids().empty()) {
        type = "StartRun";
        data = &RandomCommands::started;
    }
    if (type == "CreateSwarm" && chance(5)) {
        type = "ArchiveSwarm";
        data = &RandomCommands::nothing;
    }
    const bool is_swarm = type.find("Swarm") != std::string::npos || type == "UpdateBlackboard";
    const bool is_new = type == "StartRun" || type == "ForkRun";
    run_ = is_new ? new_run() : run();
    Json command{{"type", type}, {"swarm", model_.swarm_name()}, {"data", (this->*data)()}};
    if (!is_swarm) command["run"] = run_;
    if (chance(40)) command["actor"] = any({"ann", "bob"});
    if (chance(5)) {
        const bool known = !is_swarm && model_.has(run_);
        command["expected_version"] =
            known && chance(70) ? model_.now(run_).version : random_.below(9);
    }
    if (chance(5)) command["command_id"] = random_.uuid().str();
    return command;
}

std::string RandomCommands::run() {
    const std::vector<std::string> ids = model_.run_ids();
    if (ids.empty() || chance(1)) return "nobody";
    std::vector<std::string> open;
    for (const std::string& id : ids)
        if (!model_.now(id).is_over()) open.push_back(id);
    return open.empty() || chance(8) ? any(ids) : any(open);
}

std::string RandomCommands::root_of(std::string id) const {
    while (model_.has(id)) {
        const Run& state = model_.now(id);
        if (!state.forked_from && !state.parent) break;
        id = state.forked_from ? state.forked_from->run : state.parent->run;
    }
    return id;
}

std::string RandomCommands::child() {
    std::vector<std::string> children;
    for (const std::string& id : model_.run_ids()) {
        const Run& state = model_.now(id);
        if (state.parent && !state.is_over() && !model_.now(state.parent->run).is_over())
            children.push_back(id);
    }
    return children.empty() || chance(20) ? run() : any(children);
}

std::string RandomCommands::giver() {
    std::vector<std::string> givers;
    for (const std::string& id : model_.run_ids()) {
        const Run& state = model_.now(id);
        if (state.status != "running" || !state.parent || model_.now(state.parent->run).is_over())
            continue;
        for (const auto& [key, mark] : state.exports)
            if (mark.destination == "parent_context") givers.push_back(id);
    }
    return givers.empty() ? child() : any(givers);
}

std::string RandomCommands::relative() {
    std::vector<std::string> relatives;
    for (const std::string& id : model_.run_ids())
        if (id != run_ && root_of(id) == root_of(run_)) relatives.push_back(id);
    return relatives.empty() ? run() : any(relatives);
}

std::string RandomCommands::key_of(const std::string& id) {
    std::vector<std::string> keys;
    if (model_.has(id))
        for (const auto& [name, area] : model_.now(id).areas)
            for (const auto& [each, entry] : area) keys.push_back(each);
    return keys.empty() || chance(10) ? key() : any(keys);
}

std::string RandomCommands::new_run() {
    const std::size_t count = model_.run_ids().size();
    return "r" + std::to_string(chance(5) || count >= 8 ? random_.below(8) : count);
}

std::string RandomCommands::point(const std::string& of) {
    const std::uint64_t head = model_.has(of) ? model_.now(of).version : 3;
    const std::string version = std::to_string(random_.below(head + 1));
    switch (random_.below(9)) {
        case 0: return "@head";
        case 1: return "@head~" + std::to_string(random_.below(4));
        case 2: return "@" + version + "^";
        case 3: return "@" + any({"tag:t1", "tag:t2", "ckpt:c1", "start"});
        case 4: return "@pos:" + std::to_string(1 + random_.below(model_.head()));
        default: return "@" + (chance(3) ? std::to_string(head + 1) : version);
    }
}

std::string RandomCommands::strategy() {
    return any({"child_wins", "parent_wins", "merge_objects", "array_concat", "keep_latest",
                "explicit_mapping", "fast_forward", "manual_review"});
}

Json RandomCommands::object() {
    Json made = Json::object();
    for (const char* name : {"p", "q", "r"}) {
        if (chance(40)) continue;
        made[name] = random_.below(3);
        if (chance(30)) made[name] = Json{{"u", random_.below(3)}, {"v", random_.below(2)}};
        if (chance(10)) made[name] = Json();
    }
    return made;
}

Json RandomCommands::value() {
    switch (random_.below(12)) {
        case 0: return Json();
        case 1: return chance(50);
        case 2: return 1.5;
        case 3: return chance(25) ? Json(std::string(1100 + random_.below(2), 'y')) : Json("text");
        case 4: return random_.below(3);
        case 5: return Json(1.0);
        case 6:
        case 7:
        case 8: {
            Json list = Json::array();
            for (std::uint64_t i = random_.below(4); i > 0; --i) list.push_back(random_.below(3));
            if (chance(5)) list.push_back(std::string(1200, 'z'));
            return list;
        }
        default: return object();
    }
}

Json RandomCommands::updates() {
    Json list = Json::array();
    const std::uint64_t count = chance(1) ? 0 : 1 + random_.below(3);
    for (std::uint64_t i = 0; i < count; ++i) {
        Json update{{"key", key()},
                    {"op", any({"set", "set", "set", "append", "merge", "delete"})}};
        if (update["op"] != "delete") {
            update["value"] = update["op"] == "merge" ? object() : value();
            if (chance(8)) update["sensitivity"] = any({"public", "confidential", "secret", "pii"});
            if (chance(5)) update["source"] = any({"step", "system", "user"});
            if (chance(2)) update["mutable"] = false;
        }
        if (chance(20)) update["area"] = "intermediate";
        list.push_back(update);
    }
    return list;
}

Json RandomCommands::choice() {
    Json made{{"strategy", strategy()}};
    const bool maps = made["strategy"] == "explicit_mapping" ? chance(90) : chance(1);
    if (maps) {
        made["mapping"] = Json::object();
        for (std::uint64_t i = random_.below(4); i > 0; --i) made["mapping"][key()] = strategy();
    }
    if (chance(10)) {
        const std::uint64_t kind = random_.below(3);
        Json& resolution = made["resolutions"][key()];
        resolution = kind == 0 ? "source" : "target";
        if (kind == 2) resolution = Json{{"value", value()}};
    }
    return made;
}

Json RandomCommands::swarm_update() {
    Json data = Json::object();
    if (chance(40)) data["goal"] = chance(30) ? Json() : Json("further");
    if (chance(50)) data["config"] = {{"exports_allowed", chance(50) ? Json({"b", "c"}) : Json()}};
    if (chance(20)) data["config"]["more"] = object();
    if (chance(20) && model_.head() > 0) data["status"] = any({"idle", "paused", "running"});
    return data;
}

Json RandomCommands::agent() {
    Json data{{"agent", any({"x", "y", "z"})}};
    if (chance(50)) data["role"] = "critic";
    if (chance(30)) data["config"] = object();
    return data;
}

Json RandomCommands::board() {
    Json data = Json::object();
    if (chance(85)) {
        Json item{{"id", key()}, {"value", value()}};
        if (chance(30)) item["type"] = "note";
        if (chance(30)) item["tags"] = Json{"one", "two"};
        if (chance(20)) item["expires_at"] = "2030-01-01T00:00:00.000000Z";
        data["set"] = Json::array({item});
    }
    if (chance(30)) data["delete"] = Json::array({key()});
    return data;
}

Json RandomCommands::started() {
    Json data = Json::object();
    if (chance(60)) data["inputs"] = {{key(), value()}, {key(), value()}};
    if (!model_.run_ids().empty() && chance(85)) {
        data["parent"] = run();
        if (chance(15)) data["inherit"] = any({"all", "none"});
        if (chance(20)) data["inherit"] = Json::array({key()});
    } else if (chance(3)) {
        data["inherit"] = "all";
    }
    if (chance(10)) data["limits"] = {{"credits", 2}};
    if (chance(6)) data["status"] = any({"pending", "initializing", "running"});
    return data;
}

Json RandomCommands::forked() {
    Json data{{"source", run()}};
    if (chance(10)) data["source"] = any(model_.run_ids());  // also one that is over
    if (chance(60)) data["at"] = point(data["source"]);
    if (chance(25)) data["updates"] = updates();
    return data;
}

Json RandomCommands::started_step() {
    Json data{{"step", step()}};
    if (chance(40)) data["type"] = any({"process", "tool"});
    return data;
}

Json RandomCommands::completed_step() {
    Json data{{"step", step()}};
    if (chance(70)) data["output"] = value();
    return data;
}

Json RandomCommands::updated_step() {
    Json data{{"step", step()}, {"status", any({"pending", "skipped", "cancelled", "blocked"})}};
    if (chance(30)) data["detail"] = value();
    return data;
}

Json RandomCommands::usage() {
    Json amounts = Json::object();
    if (chance(80)) amounts["credits"] = chance(50) ? Json(1.25) : Json(1);
    if (chance(50)) amounts["tool_calls"] = random_.below(4);
    return {{"usage", amounts}};
}

Json RandomCommands::exported() {
    Json data{
        {"key", key()},
        {"destination", any({"parent_context", "parent_context", "parent_context", "blackboard",
                             "blackboard", "persistent_store", "external_system"})}};
    const bool to_parent = data["destination"] == "parent_context";
    if (chance(to_parent ? 2 : 30)) data["transformation"] = any({"/p", "/q/u", "", "/0"});
    return data;
}

Json RandomCommands::completed() {
    if (chance(80)) run_ = giver();
    Json data = Json::object();
    if (chance(30)) data["outputs"] = {{key(), value()}};
    if (chance(60)) data["merge"] = choice();
    return data;
}

Json RandomCommands::error() { return chance(50) ? Json{{"error", value()}} : Json::object(); }

Json RandomCommands::status() {
    Json data{{"status", any({"initializing", "running", "running", "blocked"})}};
    if (chance(30)) data["detail"] = value();
    return data;
}

Json RandomCommands::checkpoint() {
    Json data{{"name", any({"c1", "c2", "c3"})}};
    if (chance(50)) data["description"] = "here";
    return data;
}

Json RandomCommands::restored() {
    Json data{{"to", point(run_)}};
    if (chance(40)) data["merge"] = chance(80);
    return data;
}

Json RandomCommands::merged() {
    Json data = choice();
    data["source"] = chance(90) ? relative() : run();
    return data;
}

Json RandomCommands::resolved() {
    Json data{{"conflict", "c9.1"}, {"resolution", any({"source", "target"})}};
    if (chance(30)) data["resolution"] = Json{{"value", value()}};
    // Of a run that has open conflicts, where there is one.
    for (const std::string& id : model_.run_ids()) {
        const Run& state = model_.now(id);
        if (state.conflicts.empty() || state.is_over() || chance(5)) continue;
        const auto& [conflict, open] = *state.conflicts.begin();
        run_ = id;
        data["conflict"] =
            "c" + std::to_string(conflict.first) + "." + std::to_string(conflict.second);
    }
    return data;
}

}  // namespace skein::model
