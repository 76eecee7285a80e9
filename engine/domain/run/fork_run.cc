// ForkRun: a new run begins as another one was at a point, as RunForked. Nothing is copied: the
// event names the point, and the states share their structure.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/domain/run/codes.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/merge_base.h"
#include "engine/domain/run/merge_codes.h"
#include "engine/domain/run/merge_commands.h"
#include "engine/domain/run/point_field.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/updates.h"

namespace skein::domain::run {

namespace {

class ForkRun final : public CommandBody {
 public:
    ForkRun(std::string source, std::string at, std::vector<Update> updates)
        : source_(std::move(source)), at_(std::move(at)), updates_(std::move(updates)) {}

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_new_run(scene)) return fail(*std::move(no));
        const Stream stream = target_run(scene).sibling(source_);
        if (!scene.current(stream)->exists()) {
            return fail(
                reject(codes::kRunNotFound, "The source run " + source_ + " does not exist."));
        }
        const auto version = scene.resolve(stream, at_);
        if (!version) return fail(version.error());
        if (version->value() == 0) {
            return fail(
                reject(codes::kForkAtStart, at_ + " of " + source_ + " is before its start."));
        }
        const auto state = run_at(scene, stream, *version);
        if (auto no = check_updates(*state, updates_, scene.limits())) return fail(*std::move(no));
        auto event = std::make_shared<RunForked>();
        event->source = {source_, *version};
        event->updates = updates_;
        return one_event(scene, std::move(event));
    }

 private:
    std::string source_;
    std::string at_;
    std::vector<Update> updates_;
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    std::string source = data.id("source", Presence::kRequired).value_or("");
    std::string at = read_point(data, "at", Presence::kOptional).value_or("@head");
    std::vector<Update> updates = read_updates(data, Presence::kOptional);
    if (auto no = data.finish()) return fail(*std::move(no));
    return std::make_shared<const ForkRun>(std::move(source), std::move(at), std::move(updates));
}

}  // namespace

CommandSpec fork_run_command() {
    return {"ForkRun", "run", "Starts a run as another one was at a point.", parse};
}

const EventType RunForked::kType{"RunForked", 1, "run"};

json::Value RunForked::data() const {
    return json::Value::object({{"source", source.document()}, {"updates", updates_data(updates)}});
}

void RunForked::evolve(RunState& run, const EventMeta& meta, const Past& past) const {
    const auto origin = run_at(past, run.sibling(source.run), source.version);
    run.status = RunStatus::kRunning;
    run.forked_from = source;
    run.routine = origin->routine;
    run.permissions = origin->permissions;
    run.limits = origin->limits;
    run.variables = origin->variables;
    run.intermediate = origin->intermediate;
    run.removed_variables = origin->removed_variables;
    run.removed_intermediate = origin->removed_intermediate;
    run.exports = origin->exports;
    run.steps = origin->steps;
    run.running_steps = origin->running_steps;
    run.conflicts = origin->conflicts;
    apply_updates(run, updates, meta);
}

}  // namespace skein::domain::run
