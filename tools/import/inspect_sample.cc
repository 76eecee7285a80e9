#include "tools/import/inspect_sample.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/json/patch.h"

namespace skein::import {
namespace {

constexpr std::size_t kKeyBytes = 512;

std::string key_of(std::string_view prefix, std::string_view name) {
    std::string key(prefix);
    for (const char c : name) key += c == '\0' ? '-' : c;
    return std::string(cut_text(key, kKeyBytes));
}

}  // namespace

InspectSample::InspectSample(CommandWriter& writer, std::string run)
    : writer_(writer),
      run_(std::move(run)),
      state_{"state.", object_value({})},
      store_{"store.", object_value({})} {}

CommandHead InspectSample::head(const json::Value& event, std::string_view type) {
    time_ = text_of(event, "timestamp");
    return {type, run_, {}, time_};
}

void InspectSample::start() { writer_.put({"StartRun", run_}, object_value({})); }

void InspectSample::complete() { writer_.put({"CompleteRun", run_}, object_value({})); }

void InspectSample::write_member(const std::string& key, const json::Value& value) {
    writer_.put({"UpdateContext", run_}, updates_value({{key_of({}, key), "set", value}}));
}

std::string InspectSample::write_event(std::uint64_t index, const json::Value& event) {
    if (!event.is_object()) return "expected an event, found another value";
    const std::string kind = text_of(event, "event");
    if (kind.empty()) return "the member event is missing";
    if (kind == "state") return write_changes(event, state_);
    if (kind == "store") return write_changes(event, store_);
    if (write_span(index, event, kind)) return {};
    if (kind == "sample_init") write_initial(event);
    append(event, kind == "model" || kind == "tool" ? "messages" : "events");
    return {};
}

void InspectSample::append(const json::Value& event, std::string_view key) {
    writer_.put(head(event, "UpdateContext"), append_value(key, event));
}

bool InspectSample::write_span(std::uint64_t index, const json::Value& event,
                               const std::string& kind) {
    const std::string action = text_of(event, "action");
    if (kind == "span_begin") {
        begin_step(event, text_of(event, "id"), text_of(event, "type"));
    } else if (kind == "span_end") {
        const auto id = std::find(open_ids_.rbegin(), open_ids_.rend(), text_of(event, "id"));
        if (id == open_ids_.rend()) return false;
        end_step(event, std::prev(id.base()));
    } else if (kind == "step" && action == "begin") {
        begin_step(event, fmt::format("step-{}", index), text_of(event, "type"));
    } else if (kind == "step" && action == "end" && !open_ids_.empty()) {
        end_step(event, std::prev(open_ids_.end()));
    } else {
        return false;
    }
    return true;
}

void InspectSample::begin_step(const json::Value& event, std::string id, std::string_view type) {
    const std::size_t count = ++begun_[id];
    std::string step = as_id(count == 1 ? id : fmt::format("{}~{}", id, count));
    Members data{{"step", text_value(step)}};
    if (!type.empty()) data.emplace_back("type", text_value(cut_text(type, kKeyBytes)));
    CommandHead begin = head(event, "StartStep");
    const std::string name = text_of(event, "name");
    begin.actor = name;
    writer_.put(begin, object_value(std::move(data)));
    open_ids_.push_back(std::move(id));
    open_steps_.push_back(std::move(step));
}

void InspectSample::end_step(const json::Value& event, std::vector<std::string>::iterator id) {
    const auto step = open_steps_.begin() + (id - open_ids_.begin());
    writer_.put(head(event, "CompleteStep"), object_value({{"step", text_value(*step)}}));
    open_steps_.erase(step);
    open_ids_.erase(id);
}

// What makes the variables of the mirror show `document`.
std::vector<Update> InspectSample::replace(Mirror& mirror, const json::Value& document) const {
    std::vector<Update> updates;
    mirror.document.for_each_member([&](std::string_view key, const json::Value&) {
        if (!document.find(key)) updates.push_back({key_of(mirror.prefix, key), "delete"});
    });
    document.for_each_member([&](std::string_view key, const json::Value& value) {
        const auto before = mirror.document.find(key);
        if (!before || *before != value)
            updates.push_back({key_of(mirror.prefix, key), "set", value});
    });
    mirror.document = document;
    return updates;
}

void InspectSample::write_initial(const json::Value& event) {
    const auto state = event.find("state");
    if (!state || !state->is_object()) return;
    std::vector<Update> updates = replace(state_, *state);
    const auto store = state->find("store");
    if (store && store->is_object()) {
        for (Update& update : replace(store_, *store)) updates.push_back(std::move(update));
    }
    if (!updates.empty()) writer_.put(head(event, "UpdateContext"), updates_value(updates));
}

std::string InspectSample::write_changes(const json::Value& event, Mirror& mirror) {
    const auto changes = event.find("changes");
    if (!changes || !changes->is_array()) return "changes is missing, or no array";
    const auto patched = json::apply_json_patch(mirror.document, *changes);
    if (!patched)
        return fmt::format("change {} cannot be applied: {}", patched.error().operation + 1,
                           patched.error().message);
    if (!patched->is_object()) return "the changes leave no object";
    const std::vector<Update> updates = replace(mirror, *patched);
    if (!updates.empty()) writer_.put(head(event, "UpdateContext"), updates_value(updates));
    return {};
}

}  // namespace skein::import
