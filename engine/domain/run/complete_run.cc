// CompleteRun: outputs are set, exports leave, the run ends. RunCompleted on the run; in the same
// batch ChildMerged on a live parent and BlackboardUpdated on the swarm where exports say so.
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/domain/run/codes.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/merge_base.h"
#include "engine/domain/run/merge_choice.h"
#include "engine/domain/run/merge_commands.h"
#include "engine/domain/run/merge_plan.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/store_value.h"
#include "engine/domain/run/updates.h"
#include "engine/domain/swarm/swarm_events.h"
#include "engine/json/patch.h"

namespace skein::domain::run {

namespace {

std::string_view to_string(ParentMerge merge) {
    switch (merge) {
        case ParentMerge::kNone: return "none";
        case ParentMerge::kMerged: return "merged";
        case ParentMerge::kParentEnded: return "parent_ended";
    }
    return "unknown";
}

// What leaves a run as it completes, by destination.
struct Exports {
    std::vector<Slot> to_parent;
    std::optional<std::vector<swarm::BoardSet>> to_board;  // present as soon as a key is marked
    std::vector<Delivery> deliveries;
};

// The run as it will be with its outputs set. They are given later than anything there is, which is
// what counts where the latest value wins.
std::shared_ptr<const RunState> with_outputs(const RunState& run, const RunCompleted& event,
                                             const Scene& scene) {
    auto after = std::static_pointer_cast<RunState>(run.clone());
    EventMeta meta;
    meta.stream = run.stream();
    meta.version = run.version().next();
    meta.position = Position(std::numeric_limits<std::uint64_t>::max());
    meta.recorded_at = scene.now();
    event.evolve(*after, meta, scene);
    return after;
}

// The area of a key: variables first, as lookups go; of a key deleted since, where the base has it.
Area area_of(std::string_view key, const RunState& run, const RunState* base) {
    if (run.variables.find(key) != nullptr) return Area::kVariables;
    if (run.intermediate.find(key) != nullptr) return Area::kIntermediate;
    if (base == nullptr || base->variables.find(key) != nullptr) return Area::kVariables;
    return base->intermediate.find(key) != nullptr ? Area::kIntermediate : Area::kVariables;
}

// The value that an export hands over; nullopt where it is left out.
std::optional<StoredValue> exported_value(const RunState& after, std::string_view key,
                                          const ExportMark& mark) {
    const Entry* entry = after.find_entry(key);
    if (entry == nullptr) return std::nullopt;
    if (!mark.has_transformation) {
        const Slot slot{area_of(key, after, nullptr), key};
        return store_value(entry->value, {after.stream(), after.version().next(), slot});
    }
    auto part = json::resolve_pointer(entry->value, mark.transformation);
    if (!part) return std::nullopt;
    return *std::move(part);
}

Exports collect_exports(const RunState& after, const RunState* base) {
    Exports exports;
    after.exports.map().for_each([&](const std::string& key, const ExportMark& mark) {
        if (mark.destination == Destination::kParentContext) {
            exports.to_parent.push_back({area_of(key, after, base), key});
            return;
        }
        if (mark.destination == Destination::kBlackboard && !exports.to_board) {
            exports.to_board.emplace();
        }
        auto value = exported_value(after, key, mark);
        if (!value) return;
        if (mark.destination == Destination::kBlackboard) {
            swarm::BoardSet set;
            set.id = key;
            set.value = *std::move(value);
            exports.to_board->push_back(std::move(set));
        } else {
            exports.deliveries.push_back({key, mark.destination, *std::move(value)});
        }
    });
    return exports;
}

std::optional<Rejection> check_exports(const Scene& scene, const RunState& after) {
    std::optional<Rejection> problem;
    after.exports.map().for_each([&](const std::string& key, const ExportMark& mark) {
        const Entry* entry = after.find_entry(key);
        if (problem || entry == nullptr) return;
        problem = check_export(scene, {key, entry->sensitivity, mark.destination});
    });
    return problem;
}

class CompleteRun final : public CommandBody {
 public:
    CompleteRun(std::vector<Assignment> outputs, MergeChoice choice)
        : outputs_(std::move(outputs)), choice_(std::move(choice)) {}

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        const RunState& run = target_run(scene);
        if (auto no = check_running(run)) return fail(*std::move(no));
        for (const auto& [key, value] : outputs_) {
            if (auto no = check_not_frozen(run, {Area::kVariables, key}))
                return fail(*std::move(no));
        }
        auto completed = std::make_shared<RunCompleted>();
        completed->outputs = outputs_;
        const auto after = with_outputs(run, *completed, scene);
        if (auto no = check_exports(scene, *after)) return fail(*std::move(no));
        const auto base = run.parent ? recorded_parent(scene, run) : nullptr;
        Exports exports = collect_exports(*after, base.get());
        completed->deliveries = std::move(exports.deliveries);
        NewEvents events{{run.stream(), completed}};
        if (run.parent) {
            const auto parent = current_run(scene, run.sibling(run.parent->run));
            completed->parent_merge = parent_merge_of(*parent, exports.to_parent);
            if (completed->parent_merge == ParentMerge::kMerged) {
                auto facts = merge_into(parent, {base, after, exports.to_parent}, scene.limits());
                if (!facts) return fail(std::move(facts.error()));
                auto merged = std::make_shared<ChildMerged>();
                merged->facts = *std::move(facts);
                events.push_back({parent->stream(), std::move(merged)});
            }
        }
        if (exports.to_board) {
            auto board = std::make_shared<swarm::BlackboardUpdated>();
            board->sets = *std::move(exports.to_board);
            board->from_run = std::string(run.run());
            events.push_back({run.swarm_stream(), std::move(board)});
        }
        return events;
    }

 private:
    struct Child {
        std::shared_ptr<const RunState> base;   // the parent as the child inherited it
        std::shared_ptr<const RunState> after;  // the child with its outputs
        std::vector<Slot> exported;
    };

    static std::optional<Rejection> check_running(const RunState& run) {
        if (run.status == RunStatus::kRunning) return std::nullopt;
        return reject(
            codes::kRunNotRunning,
            "Run " + std::string(run.run()) + " is " + std::string(run::to_string(run.status)) +
                "; only a running one completes.",
            json::Value::object({{"status", json::Value::string(run::to_string(run.status))}}));
    }
    static std::shared_ptr<const RunState> recorded_parent(const Scene& scene,
                                                           const RunState& run) {
        return run_at(scene, run.sibling(run.parent->run), run.parent->version);
    }
    static ParentMerge parent_merge_of(const RunState& parent, const std::vector<Slot>& exported) {
        if (parent.is_terminal()) return ParentMerge::kParentEnded;
        return exported.empty() ? ParentMerge::kNone : ParentMerge::kMerged;
    }
    // Always against the recorded version of the parent.
    Result<MergeFacts, Rejection> merge_into(const std::shared_ptr<const RunState>& parent,
                                             const Child& child, const Limits& limits) const {
        MergePlan plan;
        plan.sides.base = {child.base, *child.after->parent, {}};
        plan.sides.source = {
            child.after, {std::string(child.after->run()), child.after->version().next()}, {}};
        plan.sides.target = {parent, {std::string(parent->run()), parent->version()}, {}};
        plan.whitelist = child.exported;
        return plan_merge(plan, choice_, limits);
    }

    std::vector<Assignment> outputs_;
    MergeChoice choice_;
};

MergeChoice read_merge(Fields& data) {
    const auto given = data.nested("merge", Presence::kOptional);
    if (!given) return {};
    Fields merge(*given, data.where() + "/merge", data.limits());
    MergeChoice choice = read_merge_choice(merge);
    if (auto problem = merge.finish()) data.refuse(*std::move(problem));
    return choice;
}

json::Value delivery_data(const Delivery& delivery) {
    auto members = stored_value_data(delivery.value).members();
    members.emplace_back("key", json::Value::string(delivery.key));
    members.emplace_back("destination", json::Value::string(run::to_string(delivery.destination)));
    return json::Value::object(std::move(members));
}

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto outputs = data.keyed_values("outputs", Presence::kOptional);
    MergeChoice choice = read_merge(data);
    if (auto no = data.finish()) return fail(*std::move(no));
    return std::make_shared<const CompleteRun>(
        std::move(outputs).value_or(std::vector<Assignment>{}), std::move(choice));
}

}  // namespace

CommandSpec complete_run_command() {
    return {"CompleteRun", "run", "Ends a run; its exports go to parent, board, store or outside.",
            parse};
}

const EventType RunCompleted::kType{"RunCompleted", 1, "run"};

json::Value RunCompleted::data() const {
    std::vector<json::Value> list;
    for (const Delivery& delivery : deliveries) list.push_back(delivery_data(delivery));
    return json::Value::object({{"outputs", assignments_data(outputs)},
                                {"deliveries", json::Value::array(list)},
                                {"parent_merge", json::Value::string(to_string(parent_merge))}});
}

void RunCompleted::evolve(RunState& run, const EventMeta& meta, const Past& /*past*/) const {
    for (const auto& [key, value] : outputs) {
        assign(run, {Area::kVariables, key}, value, meta, Source::kStep);
    }
    run.status = RunStatus::kCompleted;
    run.status_detail = json::Value();
}

}  // namespace skein::domain::run
