#include <fmt/format.h>

#include "engine/domain/run/codes.h"
#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"
#include "engine/json/patch.h"

namespace skein::domain::run {

namespace {

struct MarkForExport final : CommandBody {
    std::shared_ptr<const ExportMarked> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        const Entry* entry = target_run(scene).find_entry(event->key);
        if (entry == nullptr) {
            return fail(
                reject(codes::kExportKeyAbsent,
                       fmt::format("Run {} has no key {}.", target_run(scene).run(), event->key)));
        }
        const ExportRequest request{event->key, entry->sensitivity, event->mark.destination};
        if (auto no = check_export(scene, request)) return fail(*std::move(no));
        return one_event(scene, event);
    }
};

void read_transformation(Fields& data, ExportMark& mark) {
    auto pointer = data.long_text("transformation", Presence::kOptional);
    if (!pointer) return;
    if (!json::pointer_tokens(*pointer)) {
        data.refuse(reject(codes::kInvalidField,
                           "/data/transformation must be a JSON Pointer, like /items/0."));
    }
    if (mark.destination == Destination::kParentContext) {
        data.refuse(reject(codes::kTransformationRefused,
                           "An export to parent_context takes no transformation."));
    }
    mark.transformation = *std::move(pointer);
    mark.has_transformation = true;
}

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto event = std::make_shared<ExportMarked>();
    event->key = data.key("key", Presence::kRequired).value_or("");
    const auto destination =
        data.one_of("destination", Presence::kRequired,
                    {"parent_context", "blackboard", "persistent_store", "external_system"});
    if (destination) event->mark.destination = static_cast<Destination>(*destination);
    read_transformation(data, event->mark);
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<MarkForExport>();
    command->event = std::move(event);
    return command;
}

}  // namespace

CommandSpec mark_for_export_command() {
    return {"MarkForExport", "run", "Marks a key to leave the run when it completes.", parse};
}

}  // namespace skein::domain::run
