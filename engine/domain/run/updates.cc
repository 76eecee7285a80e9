#include "engine/domain/run/updates.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "engine/domain/codes.h"
#include "engine/domain/guards.h"
#include "engine/domain/run/codes.h"
#include "engine/json/patch.h"
#include "engine/json/writer.h"

namespace skein::domain::run {

namespace {

Slot slot_of(const Update& update) { return {update.area, update.key}; }

json::Value slot_context(const Slot& slot) {
    json::ObjectWriter out;
    out.member_text("area", to_string(slot.area));
    out.member_text("key", slot.key);
    return out.value();
}

// What an update makes of a value; `before` is nullopt where the key is absent.
json::Value changed(const Update& update, std::optional<json::Value> before) {
    switch (update.op) {
        case UpdateOp::kSet: return update.value;
        case UpdateOp::kAppend:
            if (!before) return json::Value::array({update.value});
            return std::move(*before).appended(update.value);
        case UpdateOp::kMerge: return json::merge(before, update.value);
        case UpdateOp::kDelete: break;
    }
    return {};
}

// The limits of what an append makes, without making it.
std::optional<Rejection> check_append(const Update& update, const json::Value* before,
                                      const Limits& limits) {
    const Slot slot = slot_of(update);
    const bool to_text = before != nullptr && before->is_string() && update.value.is_string();
    if (before != nullptr && !before->is_array() && !to_text) {
        return reject(codes::kNotAppendable,
                      fmt::format("{} {} is of type {}: a value of type {} cannot be appended.",
                                  to_string(slot.area), slot.key, to_string(before->type()),
                                  to_string(update.value.type())),
                      slot_context(slot));
    }
    const std::size_t bytes =
        (before == nullptr ? 2 : before->size_bytes()) + update.value.size_bytes();
    if (bytes > limits.variable_bytes_max) {
        return reject(codes::kVariableTooLarge,
                      fmt::format("{} {} would hold {} bytes; the limit is {}.",
                                  to_string(slot.area), slot.key, bytes, limits.variable_bytes_max),
                      slot_context(slot));
    }
    if (to_text || update.value.depth() + 1 <= limits.depth_max) return std::nullopt;
    return reject(
        codes::kValueTooDeep,
        fmt::format("{} {} would be nested {} deep; the limit is {}.", to_string(slot.area),
                    slot.key, update.value.depth() + 1, limits.depth_max),
        slot_context(slot));
}

// The rules of one update against the value that it meets.
std::optional<Rejection> check_change(const Update& update, const json::Value* before,
                                      const Limits& limits) {
    if (update.op == UpdateOp::kAppend) return check_append(update, before, limits);
    if (update.op != UpdateOp::kMerge) return std::nullopt;
    const auto met = before == nullptr ? std::nullopt : std::optional(*before);
    const Slot slot = slot_of(update);
    return check_accumulated(json::merge(met, update.value),
                             fmt::format("{} {}", to_string(slot.area), slot.key), limits);
}

Rejection frozen(const Slot& slot) {
    return reject(codes::kKeyFrozen,
                  fmt::format("{} {} is frozen.", to_string(slot.area), slot.key),
                  slot_context(slot));
}

using SlotName = std::pair<Area, std::string_view>;

bool has_repeated_slot(const std::vector<Update>& updates) {
    if (updates.size() < 2) return false;
    std::vector<SlotName> names;
    names.reserve(updates.size());
    for (const Update& update : updates) names.emplace_back(update.area, update.key);
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
}

// What the updates before make of the keys that they touch, for lists that touch a key twice.
class Preview {
 public:
    Preview(const RunState& run, const Limits& limits) : run_(run), limits_(limits) {}

    std::optional<Rejection> add(const Update& update) {
        Pending& pending = at(update);
        if (pending.mutability == Mutability::kFrozen) return frozen(slot_of(update));
        const json::Value* before = pending.value ? &*pending.value : nullptr;
        if (auto no = check_change(update, before, limits_)) return no;
        if (update.op == UpdateOp::kDelete) {
            pending = {};
            return std::nullopt;
        }
        pending.value = changed(update, std::exchange(pending.value, std::nullopt));
        pending.mutability = update.mutability.value_or(Mutability::kMutable);
        return std::nullopt;
    }

 private:
    struct Pending {
        std::optional<json::Value> value;
        Mutability mutability = Mutability::kMutable;
    };

    Pending& at(const Update& update) {
        const auto [place, is_new] = touched_.try_emplace({update.area, update.key});
        if (!is_new) return place->second;
        const Entry* entry = run_.area(update.area).find(std::string_view(update.key));
        if (entry != nullptr) place->second = {entry->value, entry->mutability};
        return place->second;
    }

    const RunState& run_;
    const Limits& limits_;
    std::map<SlotName, Pending> touched_;
};

void stamp(Entry& entry, const EventMeta& meta) {
    entry.version = meta.version;
    entry.position = meta.position;
    entry.actor = meta.actor;
}

void set_value(Entry& entry, const json::Path& path, json::Value value) {
    entry.value_digest = json::digest(path, value);
    entry.value = std::move(value);
}

// Changes an entry that is there. An append's digest costs what is added.
void change_entry(Entry& entry, const Update& update, const EventMeta& meta) {
    if (update.op == UpdateOp::kAppend) {
        json::digest_append(entry.value_digest, value_path(update.area, update.key), entry.value,
                            update.value);
        entry.value = std::move(entry.value).appended(update.value);
    } else {
        json::Value before = std::exchange(entry.value, json::Value());
        set_value(entry, value_path(update.area, update.key), changed(update, std::move(before)));
    }
    entry.sensitivity = update.sensitivity.value_or(entry.sensitivity);
    entry.source = update.source.value_or(entry.source);
    entry.mutability = update.mutability.value_or(entry.mutability);
    stamp(entry, meta);
}

void apply_update(RunState& run, const Update& update, const EventMeta& meta) {
    if (update.op == UpdateOp::kDelete) return run.remove(update.area, update.key, meta.position);
    Section<Entry>& section = run.area(update.area);
    const auto change = [&](Entry& entry) { change_entry(entry, update, meta); };
    const bool value_alone = !update.sensitivity && !update.mutability;
    if (value_alone ? section.update_part(update.key, &Entry::value_digest, change)
                    : section.update(update.key, change)) {
        return;
    }
    Entry entry;
    set_value(entry, value_path(update.area, update.key), changed(update, std::nullopt));
    entry.sensitivity = update.sensitivity.value_or(Sensitivity::kInternal);
    entry.source = update.source.value_or(Source::kUser);
    entry.mutability = update.mutability.value_or(Mutability::kMutable);
    stamp(entry, meta);
    section.put(update.key, std::move(entry));
}

json::Value update_data(const Update& update) {
    json::ObjectWriter out;
    out.member_text("area", to_string(update.area));
    out.member_text("key", update.key);
    if (update.mutability)
        out.member_boolean("mutable", *update.mutability == Mutability::kMutable);
    out.member_text("op", to_string(update.op));
    if (update.sensitivity) out.member_text("sensitivity", to_string(*update.sensitivity));
    if (update.source) out.member_text("source", to_string(*update.source));
    if (update.op != UpdateOp::kDelete) out.member("value", update.value);
    return out.value();
}

Update read_update(Fields& fields) {
    Update update;
    if (const auto area =
            fields.one_of("area", Presence::kOptional, {"variables", "intermediate"})) {
        update.area = static_cast<Area>(*area);
    }
    update.key = fields.key("key", Presence::kRequired).value_or("");
    if (const auto op =
            fields.one_of("op", Presence::kRequired, {"set", "append", "delete", "merge"})) {
        update.op = static_cast<UpdateOp>(*op);
    }
    const bool deletes = update.op == UpdateOp::kDelete;
    update.value = fields.value("value", deletes ? Presence::kOptional : Presence::kRequired)
                       .value_or(json::Value());
    if (deletes && !update.value.is_null()) {
        fields.refuse(reject(codes::kInvalidField,
                             fmt::format("{}/value: a delete takes no value.", fields.where())));
    }
    if (const auto sensitivity =
            fields.one_of("sensitivity", Presence::kOptional,
                          {"public", "internal", "confidential", "secret", "pii"})) {
        update.sensitivity = static_cast<Sensitivity>(*sensitivity);
    }
    if (const auto source =
            fields.one_of("source", Presence::kOptional, {"parent", "step", "user", "system"})) {
        update.source = static_cast<Source>(*source);
    }
    if (const auto may_change = fields.boolean("mutable", Presence::kOptional)) {
        update.mutability = *may_change ? Mutability::kMutable : Mutability::kFrozen;
    }
    return update;
}

}  // namespace

std::vector<Update> read_updates(Fields& data, Presence presence) {
    std::vector<Update> updates;
    const bool is_given = data.has("updates");
    data.each_object("updates", presence,
                     [&updates](Fields& fields) { updates.push_back(read_update(fields)); });
    if (is_given && updates.empty()) {
        data.refuse(reject(codes::kEmptyCommand,
                           fmt::format("{}/updates must hold at least one update.", data.where())));
    }
    return updates;
}

std::optional<Rejection> check_updates(const RunState& run, const std::vector<Update>& updates,
                                       const Limits& limits) {
    if (has_repeated_slot(updates)) {
        Preview preview(run, limits);
        for (const Update& update : updates) {
            if (auto no = preview.add(update)) return no;
        }
        return std::nullopt;
    }
    for (const Update& update : updates) {
        const Entry* entry = run.area(update.area).find(std::string_view(update.key));
        if (entry != nullptr && entry->mutability == Mutability::kFrozen)
            return frozen(slot_of(update));
        const json::Value* before = entry == nullptr ? nullptr : &entry->value;
        if (auto no = check_change(update, before, limits)) return no;
    }
    return std::nullopt;
}

void apply_updates(RunState& run, const std::vector<Update>& updates, const EventMeta& meta) {
    for (const Update& update : updates) apply_update(run, update, meta);
}

json::Value updates_data(const std::vector<Update>& updates) {
    std::vector<json::Value> list;
    list.reserve(updates.size());
    for (const Update& update : updates) list.push_back(update_data(update));
    return json::Value::array(list);
}

bool is_frozen(const RunState& run, const Slot& slot) {
    const Entry* entry = run.area(slot.area).find(slot.key);
    return entry != nullptr && entry->mutability == Mutability::kFrozen;
}

std::optional<Rejection> check_not_frozen(const RunState& run, const Slot& slot) {
    return is_frozen(run, slot) ? std::optional(frozen(slot)) : std::nullopt;
}

void assign(RunState& run, const Slot& slot, json::Value value, const EventMeta& meta,
            Source new_key_source) {
    Section<Entry>& section = run.area(slot.area);
    const auto change = [&](Entry& entry) {
        set_value(entry, value_path(slot.area, slot.key), value);
        stamp(entry, meta);
    };
    if (section.update_part(slot.key, &Entry::value_digest, change)) return;
    Entry entry;
    entry.source = new_key_source;
    change(entry);
    section.put(std::string(slot.key), std::move(entry));
}

json::Value assignments_data(const std::vector<Assignment>& assignments) {
    return json::Value::object(assignments);
}

void put_entry(RunState& run, const Slot& slot, Entry entry) {
    entry.value_digest = json::digest(value_path(slot.area, slot.key), entry.value);
    run.area(slot.area).put(std::string(slot.key), std::move(entry));
}

}  // namespace skein::domain::run
