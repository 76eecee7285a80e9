// ResolveConflict: an open conflict ends with the source's, the target's or a given value, as
// ConflictResolved.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/domain/run/guards.h"
#include "engine/domain/run/merge_base.h"
#include "engine/domain/run/merge_choice.h"
#include "engine/domain/run/merge_codes.h"
#include "engine/domain/run/merge_commands.h"
#include "engine/domain/run/merge_outcome.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/store_value.h"
#include "engine/domain/run/updates.h"

namespace skein::domain::run {

namespace {

// Where a side of the conflict may still be read, so that a large value need not be stored again. A
// conflict that came with a fork tells versions of another stream: then the value says whether it
// is there.
struct SideAt {
    Stream stream;
    Version version;
};

StoredValue store_side(const Scene& scene, const Conflict& conflict, const json::Value& value,
                       const SideAt& at) {
    if (value.size_bytes() <= kInlineValueBytesMax) return value;
    if (at.version.value() == 0 || scene.current(at.stream)->version() < at.version) return value;
    const auto run = run_at(scene, at.stream, at.version);
    const Slot slot{conflict.area, conflict.key};
    const Entry* entry = run->area(slot.area).find(slot.key);
    if (entry == nullptr || !(entry->value == value)) return value;
    return store_value(value, {at.stream, at.version, slot});
}

class ResolveConflict final : public CommandBody {
 public:
    ResolveConflict(std::string conflict, ResolutionChoice choice)
        : conflict_(std::move(conflict)), choice_(std::move(choice)) {}

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        const RunState& run = target_run(scene);
        const Conflict* conflict = run.find_conflict(conflict_);
        if (conflict == nullptr) return fail(not_found(run));
        const auto value = chosen(*conflict);
        if (auto no = check_change(run, *conflict, value)) return fail(*std::move(no));
        if (choice_.resolution != Resolution::kTarget) touch_source(scene, run, *conflict);
        auto event = std::make_shared<ConflictResolved>();
        event->conflict = conflict->id();
        event->area = conflict->area;
        event->key = conflict->key;
        event->resolution = choice_.resolution;
        if (value) event->value = store(scene, run, *conflict, *value);
        return one_event(scene, std::move(event));
    }

 private:
    std::optional<json::Value> chosen(const Conflict& conflict) const {
        switch (choice_.resolution) {
            case Resolution::kSource: return conflict.source;
            case Resolution::kTarget: return conflict.target;
            case Resolution::kValue: break;
        }
        return choice_.value;
    }
    StoredValue store(const Scene& scene, const RunState& run, const Conflict& conflict,
                      const json::Value& value) const {
        switch (choice_.resolution) {
            case Resolution::kSource:
                return store_side(scene, conflict, value,
                                  {run.sibling(conflict.from), conflict.from_version});
            case Resolution::kTarget:
                return store_side(scene, conflict, value,
                                  {run.stream(), Version(conflict.version.value() - 1)});
            case Resolution::kValue: break;
        }
        return value;
    }
    // For a frozen key it counts as a merge: refused where it would change the value.
    static std::optional<Rejection> check_change(const RunState& run, const Conflict& conflict,
                                                 const std::optional<json::Value>& value) {
        const Slot slot{conflict.area, conflict.key};
        const Entry* present = run.area(slot.area).find(slot.key);
        if (present == nullptr || value == present->value) return std::nullopt;
        return check_not_frozen(run, slot);
    }
    // The event's metadata comes from there: a scene that cannot look it up yet has to know now.
    static void touch_source(const Scene& scene, const RunState& run, const Conflict& conflict) {
        run_at(scene, run.sibling(conflict.from), conflict.from_version);
    }
    Rejection not_found(const RunState& run) const {
        std::vector<json::Value> open;
        run.conflicts.for_each([&open](const auto&, const Conflict& conflict) {
            open.push_back(json::Value::string(conflict.id()));
        });
        return reject(codes::kConflictNotFound,
                      "Run " + std::string(run.run()) + " has no open conflict " + conflict_ + ".",
                      json::Value::object({{"open", json::Value::array(open)}}));
    }

    std::string conflict_;
    ResolutionChoice choice_;
};

// The source's entry, whose metadata travels with its value; nullptr where it has none.
const Entry* source_entry(const RunState& source, const Slot& slot) {
    return source.area(slot.area).find(slot.key);
}

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    std::string conflict = data.text("conflict", Presence::kRequired).value_or("");
    ResolutionChoice choice = read_resolution(data, "resolution");
    if (auto no = data.finish()) return fail(*std::move(no));
    return std::make_shared<const ResolveConflict>(std::move(conflict), std::move(choice));
}

}  // namespace

CommandSpec resolve_conflict_command() {
    return {"ResolveConflict", "run", "Ends an open conflict with a value.", parse};
}

const EventType ConflictResolved::kType{"ConflictResolved", 1, "run"};

json::Value ConflictResolved::data() const {
    std::vector<std::pair<std::string, json::Value>> members;
    if (value) members = stored_value_data(*value).members();
    members.emplace_back("conflict", json::Value::string(conflict));
    members.emplace_back("area", json::Value::string(to_string(area)));
    members.emplace_back("key", json::Value::string(key));
    members.emplace_back("resolution", json::Value::string(to_string(resolution)));
    return json::Value::object(std::move(members));
}

void ConflictResolved::evolve(RunState& run, const EventMeta& meta, const Past& past) const {
    const Slot slot{area, key};
    const Conflict* open = run.find_conflict(conflict);
    std::shared_ptr<const RunState> source;
    if (open != nullptr) {
        if (resolution != Resolution::kTarget) {
            source = run_at(past, run.sibling(open->from), open->from_version);
        }
        run.conflicts.erase(*parse_conflict_id(conflict));
    }
    if (!value) return run.remove(area, key, meta.position);
    json::Value resolved = stored_value(*value, PastWith(past, run));
    const Entry* present = run.area(area).find(key);
    if (present != nullptr && present->value == resolved) return;
    const Entry* from = source ? source_entry(*source, slot) : nullptr;
    if (resolution == Resolution::kSource && from != nullptr) {
        take_entry(run, slot, *from, std::move(resolved), meta);
    } else {
        combine_entry(run, slot, from, std::move(resolved), meta);
    }
}

}  // namespace skein::domain::run
