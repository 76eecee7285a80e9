#include <fmt/format.h>

#include "engine/domain/run/codes.h"
#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"

namespace skein::domain::run {

namespace {

struct TagRun final : CommandBody {
    std::shared_ptr<const TagCreated> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_run(scene)) return fail(*std::move(no));
        if (target_run(scene).tags.find(event->name) != nullptr) {
            return fail(
                reject(codes::kNameTaken, fmt::format("There is a tag {} already.", event->name)));
        }
        return one_event(scene, event);
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<TagCreated>();
    event->name = data.id("name", Presence::kRequired).value_or("");
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<TagRun>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec tag_run_command() {
    return {"TagRun", "run", "Gives the present point of a run a name.", parse};
}

}  // namespace skein::domain::run
