#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/updates.h"

namespace skein::domain::run {

namespace {

struct UpdateContext final : CommandBody {
    std::shared_ptr<const ContextUpdated> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        if (auto no = check_updates(target_run(scene), event->updates, scene.limits())) {
            return fail(*std::move(no));
        }
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<ContextUpdated>();
    event->updates = read_updates(data, Presence::kRequired);
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<UpdateContext>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec update_context_command() {
    return {"UpdateContext", "run", "Sets, appends to, merges and deletes variables of a run.",
            parse};
}

}  // namespace skein::domain::run
