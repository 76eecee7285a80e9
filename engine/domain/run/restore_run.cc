// RestoreRun: a run goes back to what it was at a point of its own history, as RunRestored. The
// event names the point alone: history is never cut, and no value is stored again.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/domain/guards.h"
#include "engine/domain/run/codes.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/merge_base.h"
#include "engine/domain/run/merge_commands.h"
#include "engine/domain/run/point_field.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/three_way.h"
#include "engine/domain/run/updates.h"

namespace skein::domain::run {

namespace {

// Merging could join two objects to one that is over the limit of what may accumulate.
std::optional<Rejection> check_merged_sizes(const RunState& now, const RunState& then,
                                            const Limits& limits) {
    std::optional<Rejection> problem;
    for (const Area area : {Area::kVariables, Area::kIntermediate}) {
        then.area(area).map().for_each([&](const std::string& key, const Entry& old) {
            const Entry* present = now.area(area).find(key);
            if (problem || present == nullptr) return;
            const std::size_t most = present->value.size_bytes() + old.value.size_bytes();
            if (most <= limits.variable_bytes_max) return;
            const std::string place = std::string(to_string(area)) + " " + key;
            problem = check_accumulated(deep_merge(present->value, old.value), place, limits);
        });
    }
    return problem;
}

class RestoreRun final : public CommandBody {
 public:
    RestoreRun(std::string to, RestoreMode mode) : to_(std::move(to)), mode_(mode) {}

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        const RunState& run = target_run(scene);
        const auto to = scene.resolve(run.stream(), to_);
        if (!to) return fail(to.error());
        if (mode_ == RestoreMode::kMerge && to->value() > 0) {
            const auto then = run_at(scene, run.stream(), *to);
            if (auto no = check_merged_sizes(run, *then, scene.limits()))
                return fail(*std::move(no));
        }
        auto event = std::make_shared<RunRestored>();
        event->to = *to;
        event->mode = mode_;
        return one_event(scene, std::move(event));
    }

 private:
    std::string to_;
    RestoreMode mode_;
};

void set_origin(Entry& entry, const Entry* kept, const EventMeta& meta) {
    entry.version = kept != nullptr ? kept->version : meta.version;
    entry.position = kept != nullptr ? kept->position : meta.position;
}

// The area as it was then. A value that stays equal keeps its version; where nothing happened to a
// key since, not even that has to be written.
void replace_area(RunState& run, Area name, const Section<Entry>& then, const EventMeta& meta) {
    Section<Entry>& area = run.area(name);
    if (area.map().same_as(then.map())) return;
    std::vector<std::string> gone;
    area.map().for_each([&](const std::string& key, const Entry& /*entry*/) {
        if (then.find(key) == nullptr) gone.push_back(key);
    });
    for (const std::string& key : gone) run.remove(name, key, meta.position);
    Section<Entry> restored = then;
    then.map().for_each([&](const std::string& key, const Entry& old) {
        const Entry* present = area.find(key);
        const Entry* kept = present != nullptr && present->value == old.value ? present : nullptr;
        Entry entry = old;
        set_origin(entry, kept, meta);
        if (entry.version == old.version && entry.position == old.position) return;
        restored.put(key, std::move(entry));
    });
    area = std::move(restored);
}

// What was there then, laid on what is there now. A value joined from both is as sensitive as the
// more sensitive of them.
void merge_area(RunState& run, Area name, const RunState& then, const EventMeta& meta) {
    Section<Entry>& area = run.area(name);
    if (area.map().same_as(then.area(name).map())) return;
    then.area(name).map().for_each([&](const std::string& key, const Entry& old) {
        const Entry* present = area.find(key);
        Entry entry = old;
        if (present != nullptr) entry.value = deep_merge(present->value, old.value);
        const bool joined = present != nullptr && !(entry.value == old.value);
        if (joined) entry.sensitivity = std::max(present->sensitivity, old.sensitivity);
        const bool stays = present != nullptr && entry.value == present->value;
        set_origin(entry, stays ? present : nullptr, meta);
        if (joined) {
            put_entry(run, {name, key}, std::move(entry));
        } else {
            area.put(key, std::move(entry));
        }
    });
}

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    std::string to = read_point(data, "to", Presence::kRequired).value_or("");
    const bool merge = data.boolean("merge", Presence::kOptional).value_or(false);
    if (auto no = data.finish()) return fail(*std::move(no));
    return std::make_shared<const RestoreRun>(std::move(to),
                                              merge ? RestoreMode::kMerge : RestoreMode::kReplace);
}

}  // namespace

CommandSpec restore_run_command() {
    return {"RestoreRun", "run", "Takes a run back to what it was at a point.", parse};
}

const EventType RunRestored::kType{"RunRestored", 1, "run"};

json::Value RunRestored::data() const {
    return json::Value::object({{"to", json::Value::unsigned_integer(to.value())},
                                {"merge", json::Value::boolean(mode == RestoreMode::kMerge)}});
}

void RunRestored::evolve(RunState& run, const EventMeta& meta, const Past& past) const {
    const std::shared_ptr<const RunState> then =
        to.value() > 0 ? run_at(past, run.stream(), to) : std::make_shared<RunState>(run.stream());
    for (const Area area : {Area::kVariables, Area::kIntermediate}) {
        if (mode == RestoreMode::kMerge) {
            merge_area(run, area, *then, meta);
        } else {
            replace_area(run, area, then->area(area), meta);
        }
    }
    run.exports = then->exports;
    run.steps = then->steps;
    run.running_steps = then->running_steps;
    run.conflicts = then->conflicts;
}

}  // namespace skein::domain::run
