#include "engine/domain/command_text.h"

#include <fmt/format.h>

#include "engine/domain/codes.h"

namespace skein::domain {

namespace {

constexpr std::size_t kEnvelopeBytes = 64 << 10;

}  // namespace

std::size_t command_bytes_max(const Limits& limits) {
    return limits.command_bytes_max > 0 ? limits.command_bytes_max
                                        : limits.event_bytes_max + kEnvelopeBytes;
}

json::ParseLimits text_limits(const Limits& limits) {
    return {limits.depth_max + kCommandNesting, command_bytes_max(limits)};
}

Rejection unreadable(const json::ParseError& error, std::string_view where, const Limits& limits) {
    switch (error.problem) {
        case json::ParseProblem::kNotJson: break;
        case json::ParseProblem::kTooDeep:
            return reject(codes::kValueTooDeep, fmt::format("{}: {}; a value may have {}", where,
                                                            error.message, limits.depth_max));
        case json::ParseProblem::kTooLong: return too_large(where, limits);
    }
    return reject(codes::kInvalidJson, fmt::format("{}: {}", where, error.message));
}

Rejection too_large(std::string_view where, const Limits& limits) {
    return reject(codes::kCommandTooLarge,
                  fmt::format("{}: a command may have {} bytes of text, and this has more", where,
                              command_bytes_max(limits)));
}

}  // namespace skein::domain
