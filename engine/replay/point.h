// Points in history, as people and commands write them (interfaces section 1).
//
//   point   = "@" base [ "^" | "~" N | "+" N ]        suffixes only on head, start and versions
//   base    = "head" | "start" | N | "pos:" N | time | "-" N unit | "tag:" NAME | "ckpt:" NAME
//           | "ev:" UUID | "cmd:" UUID | "step:" ID
//   unit    = "s" | "m" | "h" | "d"                    time is RFC 3339
//   address = RESOURCE [ point ]      range = RESOURCE "@" [base] ".." [base]
//
// Worked example: `run/r1@4711^` is resource `run/r1`, the point just before version 4711.
// Threads: pure. Errors: Rejection invalid-point with what was expected.
// Source: interfaces section 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/domain/rejection.h"

namespace skein::replay {

enum class PointKind {
    kHead,
    kVersion,
    kPosition,
    kTime,
    kAgo,
    kTag,
    kCheckpoint,
    kEvent,
    kCommand,
    kStep
};

struct Point {
    PointKind kind = PointKind::kHead;
    std::uint64_t number = 0;  // version or position
    std::string name;          // tag, checkpoint or step
    Uuid uuid;                 // event or command
    Timestamp time;
    std::int64_t ago_us = 0;
    std::int64_t offset = 0;  // of the suffix: ^ is -1
};

// `text` begins with "@"; empty text is @head.
Result<Point, domain::Rejection> parse_point(std::string_view text);

struct Address {
    std::string resource;        // as written, without the point
    std::optional<Point> point;  // none: @head
    std::optional<Point> from;   // of a range: after this one...
    std::optional<Point> to;     // ...up to and including this one
    bool is_range() const { return from.has_value(); }
};
// Splits at the first "@"; a range at the last "..". A missing end is @start or @head.
Result<Address, domain::Rejection> parse_address(std::string_view text);

}  // namespace skein::replay
