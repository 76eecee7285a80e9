// Timestamp: microseconds since 1970-01-01 UTC, and RFC 3339 in and out.
//
// Threads: pure; Clock implementations are thread-safe. Errors: parse returns nullopt.
// Units: microseconds. Source: RFC 3339, interfaces section 9 (any RFC 3339, cut to microseconds).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skein {

struct Timestamp {
    std::int64_t us = 0;
    auto operator<=>(const Timestamp&) const = default;
};

// Any RFC 3339 date-time (any offset, any fraction, t or z in lower case); a leap second is taken
// as the last microsecond of its minute. Years 0000 to 9999.
std::optional<Timestamp> parse_time(std::string_view text);
// `2026-11-20T10:03:11.250000Z`
std::string format_time(Timestamp time);

// The seam for time. Only the runtime, the CLI and servers read it; domain never does.
class Clock {
 public:
    virtual ~Clock() = default;
    virtual Timestamp now() const = 0;
};

class SystemClock final : public Clock {
 public:
    Timestamp now() const override;
};

}  // namespace skein
