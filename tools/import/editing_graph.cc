#include "tools/import/editing_graph.h"

#include <limits>

#include <fmt/format.h>

#include "engine/json/canonical.h"

namespace skein::import {
namespace {

// [position, deleted, inserted]
struct Patch {
    std::uint64_t position = 0;
    std::uint64_t deleted = 0;
    std::string inserted;
};

std::optional<Patch> patch_of(const json::Value& value) {
    if (!value.is_array() || value.count() != 3) return std::nullopt;
    const auto position = value.at(0)->as_unsigned_integer();
    const auto deleted = value.at(1)->as_unsigned_integer();
    auto inserted = value.at(2)->as_string();
    if (!position || !deleted || !inserted) return std::nullopt;
    return Patch{*position, *deleted, std::move(*inserted)};
}

std::string number_text(const json::Value& object, std::string_view key) {
    const auto member = object.find(key);
    return member && member->as_unsigned_integer() ? member->text() : std::string();
}

}  // namespace

std::string chunk_key(std::uint32_t number) { return fmt::format("text.{:08}", number); }

void EditingGraph::start(std::string_view content) {
    Node root{std::make_shared<Run>(), 1, 0, std::numeric_limits<std::uint64_t>::max(), {}};
    root.run->name = "doc";
    root.run->version = 1;
    root.run->serial = runs_++;
    Members inputs;
    if (!content.empty()) {
        root.text.apply({0, 0, content});
        root.text.take_changes();
        for (const auto& chunk : root.text.chunks())
            inputs.emplace_back(chunk_key(chunk.number), text_value(*chunk.text));
    }
    root.run->base = root.text.chunks();
    writer_.put({"CreateSwarm"}, object_value({}));
    Members data;
    if (!inputs.empty()) data.emplace_back("inputs", object_value(std::move(inputs)));
    writer_.put({"StartRun", root.run->name}, object_value(std::move(data)));
    nodes_.emplace(0, std::move(root));
}

std::string EditingGraph::read(std::uint64_t index, const json::Value& value,
                               Transaction& into) const {
    if (!value.is_object()) return "expected a transaction, found another value";
    into.time = text_of(value, "time");
    const std::string agent = number_text(value, "agent");
    if (!agent.empty()) into.actor = "agent-" + agent;
    const auto patches = value.find("patches");
    if (!patches || !patches->is_array()) return "patches is missing, or no array";
    for (const json::Value& element : patches->elements()) {
        auto patch = patch_of(element);
        if (!patch) return "a patch is not [position, deleted, inserted]";
        into.inserted.push_back(std::move(patch->inserted));
        into.edits.push_back({patch->position, patch->deleted, {}});
    }
    for (std::size_t i = 0; i < into.edits.size(); ++i) into.edits[i].inserted = into.inserted[i];
    const auto parents = value.find("parents");
    if (!parents) {
        into.parents.push_back(last_);
        return {};
    }
    if (!parents->is_array()) return "parents is no array";
    for (const json::Value& element : parents->elements()) {
        const auto parent = element.as_unsigned_integer();
        if (!parent || *parent >= index) return "a parent is no earlier transaction";
        into.parents.push_back(*parent + 1);
    }
    if (into.parents.empty()) into.parents.push_back(0);
    const auto children = value.find("numChildren");
    if (!children || !children->as_unsigned_integer()) return "numChildren is missing";
    into.children = *children->as_unsigned_integer();
    return {};
}

std::string EditingGraph::check_parents(const Transaction& transaction) const {
    std::unordered_map<std::uint64_t, std::uint64_t> uses;
    for (const std::uint64_t parent : transaction.parents) {
        const auto found = nodes_.find(parent);
        if (found == nodes_.end() ||
            found->second.children_used + ++uses[parent] > found->second.children_max)
            return fmt::format("parent {} is missing, or has more children than its numChildren",
                               parent - 1);
    }
    return {};
}

ChunkedText EditingGraph::use(std::uint64_t parent) {
    const auto found = nodes_.find(parent);
    Node& node = found->second;
    if (++node.children_used < node.children_max) return node.text;
    ChunkedText text = std::move(node.text);
    nodes_.erase(found);
    return text;
}

std::shared_ptr<EditingGraph::Run> EditingGraph::fork(const Node& node, std::string name,
                                                      const Transaction& transaction) {
    auto run = std::make_shared<Run>();
    run->name = std::move(name);
    run->serial = runs_++;
    run->version = 1;
    run->base = node.text.chunks();
    writer_.put({"ForkRun", run->name, transaction.actor, transaction.time},
                object_value({{"source", text_value(node.run->name)},
                              {"at", text_value(fmt::format("@{}", node.version))}}));
    return run;
}

std::string EditingGraph::write(std::uint64_t index, const json::Value& value) {
    Transaction transaction;
    std::string reason = read(index, value, transaction);
    if (reason.empty()) reason = check_parents(transaction);
    if (!reason.empty()) return reason;
    const std::uint64_t first = transaction.parents.front();
    const Node& parent = nodes_.at(first);
    Node line;
    line.run = parent.children_used == 0 ? parent.run
                                         : fork(parent, fmt::format("b{}", index), transaction);
    line.text = use(first);
    for (std::size_t i = 1; i < transaction.parents.size(); ++i)
        merge(line, transaction.parents[i], fmt::format("m{}.{}", index, i), transaction);
    update(line, transaction);
    if (transaction.children == 0) return {};
    line.version = line.run->version;
    line.children_max = transaction.children;
    last_ = index + 1;
    nodes_.emplace(last_, std::move(line));
    return {};
}

void EditingGraph::merge(Node& line, std::uint64_t parent, const std::string& fork_name,
                         const Transaction& transaction) {
    const Node& node = nodes_.at(parent);
    const std::shared_ptr<Run> other = node.run;
    std::string source = other->name;
    if (node.children_used > 0) source = fork(node, fork_name, transaction)->name;
    writer_.put(
        {"MergeRun", line.run->name, transaction.actor, transaction.time},
        object_value({{"source", text_value(source)}, {"strategy", text_value("child_wins")}}));
    ++line.run->version;
    const ChunkedText theirs = use(parent);
    // Where the younger of the two left, or last met, the other.
    Run& younger = line.run->serial > other->serial ? *line.run : *other;
    line.text.merge(younger.base, theirs.chunks());
    younger.base = theirs.chunks();
}

void EditingGraph::update(Node& line, const Transaction& transaction) {
    for (const ChunkedText::Edit& edit : transaction.edits) line.text.apply(edit);
    if (transaction.edits.empty()) line.text.apply({});
    data_ = "{\"updates\":[";
    for (const ChunkedText::Change& change : line.text.take_changes()) {
        if (data_.back() == '}') data_ += ',';
        data_ += "{\"key\":\"" + chunk_key(change.number);
        if (change.text == nullptr) {
            data_ += "\",\"op\":\"delete\"}";
            continue;
        }
        data_ += "\",\"op\":\"set\",\"value\":";
        json::append_quoted(data_, *change.text);
        data_ += '}';
    }
    data_ += "]}";
    writer_.put_text({"UpdateContext", line.run->name, transaction.actor, transaction.time}, data_);
    ++line.run->version;
}

}  // namespace skein::import
