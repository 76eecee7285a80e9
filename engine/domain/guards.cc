#include "engine/domain/guards.h"

#include <fmt/format.h>

#include "engine/domain/codes.h"
#include "engine/json/writer.h"

namespace skein::domain {

std::optional<Rejection> check_expected_version(const Scene& scene) {
    const auto expected = scene.expected_version();
    const State& target = scene.target();
    if (!expected || *expected == target.version()) return std::nullopt;
    json::ObjectWriter context;
    context.member_number("actual", target.version().value());
    context.member_number("expected", expected->value());
    return reject(codes::kVersionConflict,
                  fmt::format("{} is at version {}, not at {}.", target.stream().str(),
                              target.version().value(), expected->value()),
                  context.value());
}

std::optional<Rejection> check_accumulated(const json::Value& value, std::string_view place,
                                           const Limits& limits) {
    if (value.size_bytes() > limits.variable_bytes_max) {
        return reject(codes::kVariableTooLarge,
                      fmt::format("{} would hold {} bytes; the limit is {}.", place,
                                  value.size_bytes(), limits.variable_bytes_max));
    }
    if (value.depth() > limits.depth_max) {
        return reject(codes::kValueTooDeep,
                      fmt::format("{} would be nested {} deep; the limit is {}.", place,
                                  value.depth(), limits.depth_max));
    }
    return std::nullopt;
}

NewEvents one_event(const Scene& scene, std::shared_ptr<const EventBody> body) {
    NewEvents events;
    events.push_back({scene.target().stream(), std::move(body)});
    return events;
}

}  // namespace skein::domain
