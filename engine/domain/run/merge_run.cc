// MergeRun: another run of the swarm is merged into this one, as RunMerged.
#include <memory>
#include <string>

#include "engine/domain/run/codes.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/merge_base.h"
#include "engine/domain/run/merge_choice.h"
#include "engine/domain/run/merge_codes.h"
#include "engine/domain/run/merge_commands.h"
#include "engine/domain/run/merge_outcome.h"
#include "engine/domain/run/merge_plan.h"

namespace skein::domain::run {

namespace {

class MergeRun final : public CommandBody {
 public:
    MergeRun(std::string source, MergeChoice choice)
        : source_(std::move(source)), choice_(std::move(choice)) {}

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        const RunState& target = target_run(scene);
        if (target.run() == source_) {
            return fail(
                reject(codes::kMergeWithItself, "Run " + source_ + " is the target itself."));
        }
        auto source = current_run(scene, target.sibling(source_));
        if (!source->exists()) {
            return fail(
                reject(codes::kRunNotFound, "The source run " + source_ + " does not exist."));
        }
        auto sides = find_merge_sides(scene, std::move(source));
        if (!sides) return fail(std::move(sides.error()));
        auto facts = plan_merge({*std::move(sides), std::nullopt}, choice_, scene.limits());
        if (!facts) return fail(std::move(facts.error()));
        auto event = std::make_shared<RunMerged>();
        event->facts = *std::move(facts);
        return one_event(scene, std::move(event));
    }

 private:
    std::string source_;
    MergeChoice choice_;
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    std::string source = data.id("source", Presence::kRequired).value_or("");
    MergeChoice choice = read_merge_choice(data);
    if (auto no = data.finish()) return fail(*std::move(no));
    return std::make_shared<const MergeRun>(std::move(source), std::move(choice));
}

}  // namespace

CommandSpec merge_run_command() {
    return {"MergeRun", "run", "Merges another run of the swarm into this one.", parse};
}

const EventType RunMerged::kType{"RunMerged", 1, "run"};

json::Value RunMerged::data() const { return merge_facts_data(facts); }

void RunMerged::evolve(RunState& run, const EventMeta& meta, const Past& past) const {
    apply_merge(run, facts, {meta, past});
}

const EventType ChildMerged::kType{"ChildMerged", 1, "run"};

json::Value ChildMerged::data() const { return merge_facts_data(facts); }

void ChildMerged::evolve(RunState& run, const EventMeta& meta, const Past& past) const {
    apply_merge(run, facts, {meta, past});
}

}  // namespace skein::domain::run
