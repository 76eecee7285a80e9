#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"

namespace skein::domain::run {

namespace {

struct FailRun final : CommandBody {
    std::shared_ptr<const RunFailed> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<RunFailed>();
    event->error = data.value("error", Presence::kOptional);
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<FailRun>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec fail_run_command() { return {"FailRun", "run", "Ends a run as failed.", parse}; }

}  // namespace skein::domain::run
