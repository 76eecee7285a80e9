#include <fmt/format.h>

#include "engine/domain/run/codes.h"
#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"

namespace skein::domain::run {

namespace {

struct CheckpointRun final : CommandBody {
    std::shared_ptr<const CheckpointCreated> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_run(scene)) return fail(*std::move(no));
        if (target_run(scene).checkpoints.find(event->name) != nullptr) {
            return fail(reject(codes::kNameTaken,
                               fmt::format("There is a checkpoint {} already.", event->name)));
        }
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<CheckpointCreated>();
    event->name = data.id("name", Presence::kRequired).value_or("");
    event->description = data.long_text("description", Presence::kOptional).value_or("");
    event->retention = data.text("retention", Presence::kOptional).value_or("");
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<CheckpointRun>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec checkpoint_run_command() {
    return {"CheckpointRun", "run", "Names the present point of a run as a checkpoint.", parse};
}

}  // namespace skein::domain::run
