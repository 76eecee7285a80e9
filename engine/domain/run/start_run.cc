#include <fmt/format.h>

#include <algorithm>

#include "engine/domain/run/codes.h"
#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/usage.h"

namespace skein::domain::run {

namespace {

struct StartRun final : CommandBody {
    std::shared_ptr<const RunStarted> event;  // the parent's version is yet to be filled in

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_new_run(scene)) return fail(*std::move(no));
        if (!event->parent) return one_event(scene, event);
        const auto parent = scene.current(target_run(scene).sibling(event->parent->run));
        if (auto no = check_parent(as_run(*parent))) return fail(*std::move(no));
        if (auto no = check_inheritance(as_run(*parent))) return fail(*std::move(no));
        auto started = std::make_shared<RunStarted>(*event);
        started->parent->version = parent->version();
        return one_event(scene, std::move(started));
    }

 private:
    static std::optional<Rejection> check_parent(const RunState& parent) {
        if (!parent.exists()) {
            return reject(codes::kParentNotFound,
                          fmt::format("Swarm {} has no run {}.", parent.swarm(), parent.run()));
        }
        if (!parent.is_terminal()) return std::nullopt;
        return reject(codes::kParentFinished,
                      fmt::format("The parent {} is {}.", parent.run(), to_string(parent.status)));
    }

    bool inherits(const std::string& key) const {
        return event->inherits_all || std::find(event->inherited.begin(), event->inherited.end(),
                                                key) != event->inherited.end();
    }

    std::optional<Rejection> check_inheritance(const RunState& parent) const {
        for (const std::string& key : event->inherited) {
            if (parent.variables.find(key) != nullptr) continue;
            return reject(codes::kInheritedKeyAbsent,
                          fmt::format("The parent {} has no variable {}.", parent.run(), key));
        }
        for (const auto& [key, value] : event->inputs) {
            const Entry* entry = parent.variables.find(key);
            if (entry == nullptr || entry->mutability == Mutability::kMutable) continue;
            if (!inherits(key)) continue;
            return reject(codes::kKeyFrozen,
                          fmt::format("The input {} would change a frozen variable that the run "
                                      "inherits from {}.",
                                      key, parent.run()));
        }
        return std::nullopt;
    }
};

json::Value read_routine(Fields& data) {
    const auto routine = data.nested("routine", Presence::kOptional);
    if (!routine) return {};
    Fields fields(*routine, data.where() + "/routine", data.limits());
    fields.id("id", Presence::kRequired);
    fields.text("version", Presence::kOptional);
    fields.boolean("critical", Presence::kOptional);
    if (auto no = fields.finish()) data.refuse(*std::move(no));
    return *routine;
}

json::Value read_limits(Fields& data) {
    const auto limits = data.nested("limits", Presence::kOptional);
    if (!limits) return json::Value::object({});
    Fields fields(*limits, data.where() + "/limits", data.limits());
    for (const UsageField& field : kUsageFields) fields.amount(field.name, Presence::kOptional);
    if (auto no = fields.finish()) data.refuse(*std::move(no));
    return *limits;
}

// A list of keys; one that stands there twice is inherited once.
void read_inherited_keys(Fields& data, const json::Value& list, RunStarted& event) {
    list.for_each_element([&](const json::Value& element) {
        auto key = element.as_string();
        if (!key || !is_key(*key)) {
            data.refuse(reject(codes::kInvalidKey, "/data/inherit must hold keys of variables."));
            return;
        }
        event.inherited.push_back(*std::move(key));
    });
    std::sort(event.inherited.begin(), event.inherited.end());
    event.inherited.erase(std::unique(event.inherited.begin(), event.inherited.end()),
                          event.inherited.end());
}

void read_inherit(Fields& data, RunStarted& event) {
    const auto inherit = data.value("inherit", Presence::kOptional).value_or(json::Value());
    event.inherits_all = event.parent && inherit.is_null();
    if (inherit.is_null()) return;
    if (!event.parent) {
        data.refuse(
            reject(codes::kInheritWithoutParent, "Give the parent that `inherit` is about."));
    }
    if (inherit.is_array()) {
        read_inherited_keys(data, inherit, event);
        return;
    }
    const auto word = inherit.as_string();
    event.inherits_all = word == "all";
    if (word == "all" || word == "none") return;
    data.refuse(reject(codes::kInvalidField,
                       "/data/inherit must be \"all\", \"none\" or an array of keys."));
}

RunStatus read_status(Fields& data) {
    const auto index =
        data.one_of("status", Presence::kOptional, {"pending", "initializing", "running"});
    return index ? static_cast<RunStatus>(*index) : RunStatus::kRunning;
}

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<RunStarted>();
    event->routine = read_routine(data);
    event->inputs =
        data.keyed_values("inputs", Presence::kOptional).value_or(std::vector<Assignment>());
    if (auto parent = data.id("parent", Presence::kOptional)) {
        event->parent = RunPoint{*std::move(parent), Version()};
    }
    read_inherit(data, *event);
    event->permissions =
        data.array("permissions", Presence::kOptional).value_or(json::Value::array({}));
    event->limits = read_limits(data);
    event->status = read_status(data);
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<StartRun>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec start_run_command() {
    return {"StartRun", "run", "Starts a run, alone or as the child of a parent run.", parse};
}

}  // namespace skein::domain::run
