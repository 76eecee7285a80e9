#include "tests/model/states.h"

#include <stdexcept>

#include "engine/json/parse.h"

namespace skein::model {

void refuse_where(bool condition, const std::string& why) {
    if (condition) throw Refused{why};
}

std::string canonical(const Json& value) {
    const auto parsed = json::parse(value.dump());
    if (!parsed) throw std::logic_error("the model made a text that is not JSON: " + value.dump());
    return parsed->text();
}

bool Run::is_over() const {
    return status == "completed" || status == "failed" || status == "cancelled";
}

const Entry* Run::find(const Slot& slot) const {
    const Area& entries = area(slot.first);
    const auto place = entries.find(slot.second);
    return place == entries.end() ? nullptr : &place->second;
}

Text Run::value(const Slot& slot) const {
    const Entry* entry = find(slot);
    return entry == nullptr ? std::nullopt : Text(entry->value);
}

namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json version_or_null(std::uint64_t version) { return version == 0 ? Json() : Json(version); }

Json link_or_null(const std::optional<Link>& link) {
    return link ? Json{{"run", link->run}, {"version", link->version}} : Json();
}

Json area_document(const Area& area) {
    Json document = Json::object();
    for (const auto& [key, entry] : area) {
        document[key] = {{"value", Json::parse(entry.value)}, {"version", entry.version},
                         {"sensitivity", entry.sensitivity},  {"source", entry.source},
                         {"mutable", entry.is_mutable},       {"actor", text_or_null(entry.actor)}};
    }
    return document;
}

Json conflicts_document(const Run& run) {
    Json list = Json::array();
    for (const auto& [id, conflict] : run.conflicts) {
        Json line{{"id", "c" + std::to_string(id.first) + "." + std::to_string(id.second)},
                  {"area", conflict.slot.first},
                  {"key", conflict.slot.second},
                  {"from", conflict.from},
                  {"version", conflict.from_version}};
        if (conflict.base) line["base"] = Json::parse(*conflict.base);
        if (conflict.source) line["source"] = Json::parse(*conflict.source);
        if (conflict.target) line["target"] = Json::parse(*conflict.target);
        list.push_back(line);
    }
    return list;
}

Json steps_document(const Run& run) {
    Json document = Json::object();
    for (const auto& [id, step] : run.steps) {
        document[id] = {{"status", step.status},
                        {"type", text_or_null(step.type)},
                        {"started", version_or_null(step.started)},
                        {"ended", version_or_null(step.ended)},
                        {"detail", Json::parse(step.detail)}};
    }
    return document;
}

Json exports_document(const Run& run) {
    Json document = Json::object();
    for (const auto& [key, mark] : run.exports) {
        document[key] = {{"destination", mark.destination}};
        if (mark.transformation) document[key]["transformation"] = *mark.transformation;
    }
    return document;
}

Json running_step(const Run& run) {
    const Step* last = nullptr;
    Json name;
    for (const auto& [id, step] : run.steps) {
        if (step.status != "running") continue;
        if (last != nullptr && last->last_start > step.last_start) continue;
        last = &step;
        name = id;
    }
    return name;
}

}  // namespace

std::string run_document(const Run& run, const std::string& swarm) {
    Json checkpoints = Json::object();
    for (const auto& [name, checkpoint] : run.checkpoints)
        checkpoints[name] = {{"description", text_or_null(checkpoint.description)},
                             {"retention", Json()},
                             {"version", checkpoint.version}};
    Json tags = Json::object();
    for (const auto& [name, version] : run.tags) tags[name] = version;
    Json usage = Json::object();
    for (const auto& [name, amount] : run.usage) usage[name] = amount;
    return canonical({{"schema", "skein.run/1"},
                      {"run", run.id},
                      {"swarm", swarm},
                      {"parent", link_or_null(run.parent)},
                      {"forked_from", link_or_null(run.forked_from)},
                      {"routine", Json()},
                      {"status", run.status},
                      {"status_detail", Json::parse(run.detail)},
                      {"step", running_step(run)},
                      {"steps", steps_document(run)},
                      {"variables", area_document(run.area("variables"))},
                      {"intermediate", area_document(run.area("intermediate"))},
                      {"exports", exports_document(run)},
                      {"conflicts", conflicts_document(run)},
                      {"tags", tags},
                      {"checkpoints", checkpoints},
                      {"permissions", Json::array()},
                      {"limits", Json::parse(run.limits)},
                      {"usage", usage},
                      {"error", Json::parse(run.error)},
                      {"started_at", run.started_at},
                      {"updated_at", run.updated_at}});
}

std::string swarm_document(const Swarm& swarm, const std::string& name) {
    Json board = Json::object();
    for (const auto& [id, item] : swarm.board) {
        board[id] = {{"value", Json::parse(item.value)},
                     {"type", text_or_null(item.type)},
                     {"tags", item.tags},
                     {"expires_at", text_or_null(item.expires_at)},
                     {"actor", text_or_null(item.actor)},
                     {"version", item.version}};
    }
    Json runs = Json::array();
    for (const auto& [id, status] : swarm.runs) runs.push_back({{"run", id}, {"status", status}});
    return canonical({{"schema", "skein.swarm/1"},
                      {"swarm", name},
                      {"goal", swarm.goal},
                      {"config", swarm.config},
                      {"status", swarm.status},
                      {"team", Json()},
                      {"tools", Json::array()},
                      {"agents", swarm.agents},
                      {"board", board},
                      {"runs", runs},
                      {"created_at", swarm.created_at},
                      {"updated_at", swarm.updated_at}});
}

}  // namespace skein::model
