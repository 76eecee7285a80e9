#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"

namespace skein::domain::run {

namespace {

struct CancelRun final : CommandBody {
    std::shared_ptr<const RunCancelled> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<RunCancelled>();
    event->error = data.value("error", Presence::kOptional);
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<CancelRun>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec cancel_run_command() { return {"CancelRun", "run", "Ends a run as cancelled.", parse}; }

}  // namespace skein::domain::run
