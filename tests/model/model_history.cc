// Commands that reach back or across: merges, restores, conflicts, exports, names of points.
#include <algorithm>

#include "tests/model/model.h"

namespace skein::model {

// "@head", "@head~N", "@N", "@N^", "@start", "@tag:T", "@ckpt:C", "@pos:P".
std::uint64_t Model::resolve(const std::string& run, const std::string& point) const {
    const Run& newest = now(run);
    const std::string base = point.substr(1);
    const auto starts = [&base](const std::string& word) { return base.rfind(word, 0) == 0; };
    const auto in_range = [&newest](std::int64_t version) {
        refuse_where(version < 0 || version > static_cast<std::int64_t>(newest.version),
                     "out of range");
        return static_cast<std::uint64_t>(version);
    };
    if (base == "head") return newest.version;
    if (base == "start") return 0;
    if (starts("head~"))
        return in_range(static_cast<std::int64_t>(newest.version) - std::stoll(base.substr(5)));
    if (starts("tag:")) {
        refuse_where(newest.tags.count(base.substr(4)) == 0, "no such tag");
        return newest.tags.at(base.substr(4));
    }
    if (starts("ckpt:")) {
        refuse_where(newest.checkpoints.count(base.substr(5)) == 0, "no such checkpoint");
        return newest.checkpoints.at(base.substr(5)).version;
    }
    if (starts("pos:")) {
        std::uint64_t found = 0;
        for (const Run& state : runs_.at(run))
            if (state.position <= std::stoull(base.substr(4))) found = state.version;
        return found;
    }
    return in_range(std::stoll(base) - (base.back() == '^' ? 1 : 0));
}

// The run itself at its head, then the points that it and its origins came from.
std::vector<Link> Model::line_of(const std::string& run) const {
    std::vector<Link> line{{run, now(run).version}};
    while (true) {
        const Run& last = now(line.back().run);
        if (!last.forked_from && !last.parent) return line;
        line.push_back(last.forked_from ? *last.forked_from : *last.parent);
    }
}

void Model::find_base(const std::string& source, const std::string& target,
                      MergeOf& request) const {
    const std::vector<Link> source_line = line_of(source);
    const std::vector<Link> target_line = line_of(target);
    const auto place_on = [](const std::vector<Link>& line, const std::vector<Link>& other) {
        const auto meets = [&other](const Link& mine) {
            return std::any_of(other.begin(), other.end(),
                               [&mine](const Link& theirs) { return theirs.run == mine.run; });
        };
        return static_cast<std::size_t>(std::find_if(line.begin(), line.end(), meets) -
                                        line.begin());
    };
    const std::size_t source_place = place_on(source_line, target_line);
    const std::size_t target_place = place_on(target_line, source_line);
    // Who came from a child link of the common run holds what it and its forks began with.
    const auto add_held = [this](const std::vector<Link>& line, std::size_t common, Side& side) {
        for (std::size_t i = 0; i < common && common < line.size(); ++i) {
            if (now(line[i].run).forked_from) continue;
            for (std::size_t k = 0; k <= i; ++k) side.held.push_back(&at(line[k].run, 1));
            return;
        }
    };
    add_held(source_line, source_place, request.source);
    add_held(target_line, target_place, request.target);

    const auto last_merge = [this](const std::string& into, const std::string& from) {
        const auto all = merged_.find(into);
        if (all == merged_.end() || all->second.count(from) == 0) return Merged();
        return all->second.at(from);
    };
    const Merged there = last_merge(target, source);
    const Merged back = last_merge(source, target);
    if (there.version + back.version > 0) {
        const bool is_there = there.position > back.position;
        request.base = is_there ? &at(source, there.version) : &at(target, back.version);
        // At the last merge the one side was as the base, the other as the merge left it.
        Side& from = is_there ? request.source : request.target;
        Side& into = is_there ? request.target : request.source;
        if (!from.held.empty()) from.held.push_back(request.base);
        if (!into.held.empty())
            into.held.push_back(is_there ? &at(target, there.here) : &at(source, back.here));
        return;
    }
    refuse_where(source_place == source_line.size(), "no common point");
    const Link& mine = source_line[source_place];
    const Link& theirs = target_line[target_place];
    request.base = &at(mine.run, std::min(mine.version, theirs.version));
}

void Model::merge_run(const Json& command, const Json& data) {
    check_choice(data);
    Run run = open_run(command);
    const std::string source = data["source"];
    refuse_where(source == run.id, "a run into itself");
    refuse_where(!has(source), "no such source");
    MergeOf request;
    request.source.run = &now(source);
    request.target.run = &now(run.id);
    request.source_version = now(source).version;
    request.choice = data;
    find_base(source, run.id, request);
    merge(request, stamp(run.version + 1), run, decided_);
    merged_[run.id][source] = {request.source_version, head() + 1, run.version + 1};
    push(run);
}

void Model::merge_child(const Run& child, const Json& data, std::vector<Run>& changed) {
    if (!child.parent || now(child.parent->run).is_over()) return;
    const Run& base = at(child.parent->run, child.parent->version);
    MergeOf request;
    request.only.emplace();
    for (const auto& [key, mark] : child.exports) {
        if (mark.destination != "parent_context") continue;
        const auto in = [&key = key](const Run& run, const char* area) {
            return run.area(area).count(key) > 0;
        };
        bool is_variable = in(child, "variables");
        if (!is_variable && !in(child, "intermediate"))
            is_variable = in(base, "variables") || !in(base, "intermediate");
        request.only->insert({is_variable ? "variables" : "intermediate", key});
    }
    if (request.only->empty()) return;
    Run parent = now(child.parent->run);
    request.base = &base;
    request.source.run = &child;
    request.target.run = &now(parent.id);
    request.source_version = child.version + 1;
    request.choice = data.value("merge", Json{{"strategy", "child_wins"}});
    merge(request, stamp(parent.version + 1, 2), parent, decided_);
    merged_[parent.id][child.id] = {request.source_version, head() + 2, parent.version + 1};
    ++children_merged_;
    changed.push_back(parent);
}

std::optional<Swarm> Model::exported_board(const Run& child) const {
    std::optional<Swarm> swarm;
    for (const auto& [key, mark] : child.exports) {
        if (mark.destination != "blackboard") continue;
        if (!swarm) swarm = swarm_now();
        const Entry* entry = child.find({"variables", key});
        if (entry == nullptr) entry = child.find({"intermediate", key});
        if (entry == nullptr) continue;
        Json value = Json::parse(entry->value);
        if (mark.transformation) {
            const Json::json_pointer pointer(*mark.transformation);
            if (!value.contains(pointer)) continue;
            const Json part = value[pointer];
            value = part;
        }
        Item& item = swarm->board[key];
        item.value = canonical(value);
        item.actor = actor_;
        item.version = swarm->version + 1;
    }
    return swarm;
}

void Model::restore_run(const Json& command, const Json& data) {
    Run run = open_run(command);
    const std::uint64_t version = resolve(run.id, data["to"]);
    const Run then = version == 0 ? Run() : at(run.id, version);
    const bool merges = data.value("merge", false);
    const Stamp now_stamp = stamp(run.version + 1);
    for (auto& [name, area] : run.areas) {
        const Area present = area;
        if (!merges) area.clear();
        for (const auto& [key, old] : then.area(name)) {
            const auto place = present.find(key);
            const Entry* kept = place == present.end() ? nullptr : &place->second;
            std::string value = old.value;
            if (merges && kept != nullptr)
                value = canonical(deep_merge(Json::parse(kept->value), Json::parse(old.value)));
            Entry entry = old;
            entry.value = value;
            if (value != old.value) {
                // Joined of both: it is as sensitive as the more sensitive one.
                Run both;
                both.area(name)[key] = old;
                put_combined(both, {name, key}, kept, value, now_stamp);
                entry.sensitivity = both.area(name)[key].sensitivity;
            }
            const bool stays = kept != nullptr && kept->value == value;
            entry.version = stays ? kept->version : now_stamp.version;
            entry.position = stays ? kept->position : now_stamp.position;
            area[key] = entry;
        }
    }
    run.exports = then.exports;
    run.steps = then.steps;
    run.conflicts = then.conflicts;
    push(run);
}

void Model::resolve_conflict(const Json& command, const Json& data) {
    Run run = open_run(command);
    const std::string id = data["conflict"];
    const auto open =
        std::find_if(run.conflicts.begin(), run.conflicts.end(), [&id](const auto& each) {
            return id ==
                   "c" + std::to_string(each.first.first) + "." + std::to_string(each.first.second);
        });
    refuse_where(open == run.conflicts.end(), "no such conflict");
    const Conflict conflict = open->second;
    run.conflicts.erase(open);
    const Json& resolution = data["resolution"];
    Text value = resolution == "source" ? conflict.source : conflict.target;
    if (resolution.is_object()) value = canonical(resolution["value"]);

    const Slot& slot = conflict.slot;
    const Entry* present = run.find(slot);
    if (run.value(slot) != value) {
        refuse_where(present != nullptr && !present->is_mutable, "frozen: " + slot.second);
        const Entry* source = at(conflict.from, conflict.from_version).find(slot);
        const Stamp now_stamp = stamp(run.version + 1);
        if (!value) {
            run.area(slot.first).erase(slot.second);
        } else if (resolution == "source") {
            put_taken(run, slot, *source, now_stamp);
        } else {
            put_combined(run, slot, resolution == "target" ? nullptr : source, *value, now_stamp);
        }
    }
    push(run);
}

void Model::checkpoint_run(const Json& command, const Json& data) {
    refuse_where(!has(command["run"]), "no such run");
    Run run = now(command["run"]);
    const std::string name = data["name"];
    refuse_where(run.checkpoints.count(name) > 0, "the name is taken");
    run.checkpoints[name] = {data.value("description", ""), run.version + 1};
    push(run);
}

void Model::tag_run(const Json& command, const Json& data) {
    refuse_where(!has(command["run"]), "no such run");
    Run run = now(command["run"]);
    const std::string name = data["name"];
    refuse_where(run.tags.count(name) > 0, "the name is taken");
    run.tags[name] = run.version + 1;
    push(run);
}

}  // namespace skein::model
