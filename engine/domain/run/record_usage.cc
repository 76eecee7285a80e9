#include <fmt/format.h>

#include <cmath>

#include "engine/domain/run/codes.h"
#include "engine/domain/run/commands.h"
#include "engine/domain/run/guards.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/usage.h"

namespace skein::domain::run {

namespace {

struct RecordUsage final : CommandBody {
    Usage usage;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_live_run(scene)) return fail(*std::move(no));
        const RunState& run = target_run(scene);
        auto event = std::make_shared<UsageRecorded>();
        event->usage = usage;
        for (const UsageField& field : kUsageFields) {
            const auto& added = usage.*field.member;
            if (!added) continue;
            const double before = (run.usage.*field.member).value_or(0);
            const double after = before + *added;
            if (!std::isfinite(after)) {
                return fail(
                    reject(codes::kUsageTooLarge,
                           fmt::format("{} would pass what a number can hold.", field.name)));
            }
            const auto limit = run.limits.find(field.name);
            const auto bound = limit ? limit->as_number() : std::nullopt;
            if (bound && before <= *bound && after > *bound)
                event->crossed.emplace_back(field.name);
        }
        return one_event(scene, std::move(event));
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    auto command = std::make_shared<RecordUsage>();
    if (const auto given = data.nested("usage", Presence::kRequired)) {
        Fields fields(*given, data.where() + "/usage", data.limits());
        bool has_any = false;
        for (const UsageField& field : kUsageFields) {
            auto& amount = command->usage.*field.member;
            amount = fields.amount(field.name, Presence::kOptional);
            has_any = has_any || amount.has_value();
        }
        if (auto no = fields.finish()) data.refuse(*std::move(no));
        if (!has_any)
            data.refuse(reject(codes::kEmptyCommand, "Give at least one amount of usage."));
    }
    if (auto no = data.finish()) return fail(*std::move(no));
    return command;
}

}  // namespace

CommandSpec record_usage_command() {
    return {"RecordUsage", "run", "Adds to what a run has used; says which limits it crossed.",
            parse};
}

}  // namespace skein::domain::run
