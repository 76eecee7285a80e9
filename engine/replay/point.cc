#include "engine/replay/point.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "engine/domain/codes.h"

namespace skein::replay {

namespace {

using domain::Rejection;

tl::unexpected<Rejection> refuse(std::string_view text, std::string_view why) {
    return fail(domain::reject(domain::codes::kInvalidPoint,
                               fmt::format("\"{}\" is no point in history: {}", text, why)));
}

constexpr std::uint64_t kStepsMax = 1ULL << 62;  // a version and so many steps are no overflow

std::optional<std::uint64_t> whole_number(std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

bool all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// No history is as long as the largest number: what is larger still is out of the same range.
std::uint64_t number_of_digits(std::string_view digits) {
    return whole_number(digits).value_or(std::numeric_limits<std::uint64_t>::max());
}

bool takes_suffix(std::string_view base) {
    return base == "head" || base == "start" || all_digits(base);
}

// Splits "4711~3" into "4711" and -3. Only bases that take a suffix are split.
struct Suffixed {
    std::string_view base;
    std::int64_t offset = 0;
};
std::optional<Suffixed> split_suffix(std::string_view body) {
    const std::size_t mark = body.find_first_of("^~+");
    if (mark == std::string_view::npos || !takes_suffix(body.substr(0, mark)))
        return Suffixed{body};
    const std::string_view rest = body.substr(mark + 1);
    if (body[mark] == '^')
        return rest.empty() ? std::optional(Suffixed{body.substr(0, mark), -1}) : std::nullopt;
    if (!all_digits(rest)) return std::nullopt;
    const auto steps = static_cast<std::int64_t>(std::min(number_of_digits(rest), kStepsMax));
    return Suffixed{body.substr(0, mark), body[mark] == '+' ? steps : -steps};
}

// "5m" to microseconds.
std::optional<std::int64_t> duration_us(std::string_view text) {
    if (text.size() < 2 || !all_digits(text.substr(0, text.size() - 1))) return std::nullopt;
    std::int64_t unit_s = 0;
    switch (text.back()) {
        case 's': unit_s = 1; break;
        case 'm': unit_s = 60; break;
        case 'h': unit_s = 3600; break;
        case 'd': unit_s = 86'400; break;
        default: return std::nullopt;
    }
    constexpr std::uint64_t kCountMax = 100'000'000;  // 270 years in days still fit in microseconds
    const std::optional<std::uint64_t> count = whole_number(text.substr(0, text.size() - 1));
    if (!count || *count > kCountMax) return std::nullopt;
    return static_cast<std::int64_t>(*count) * unit_s * 1'000'000;
}

struct NamedForm {
    std::string_view prefix;
    PointKind kind;
};
constexpr NamedForm kNamedForms[] = {
    {"tag:", PointKind::kTag},     {"ckpt:", PointKind::kCheckpoint}, {"ev:", PointKind::kEvent},
    {"cmd:", PointKind::kCommand}, {"step:", PointKind::kStep},
};

// Points of the form "tag:NAME"; nullopt where `body` has no such prefix.
std::optional<Result<Point, Rejection>> parse_named(std::string_view text, std::string_view body) {
    for (const NamedForm& form : kNamedForms) {
        if (!body.starts_with(form.prefix)) continue;
        const std::string_view name = body.substr(form.prefix.size());
        Point point;
        point.kind = form.kind;
        if (form.kind == PointKind::kEvent || form.kind == PointKind::kCommand) {
            const std::optional<Uuid> uuid = Uuid::parse(name);
            if (!uuid) return refuse(text, "a UUID is expected after the colon");
            point.uuid = *uuid;
            return point;
        }
        if (!is_id(name)) return refuse(text, "a name is expected after the colon");
        point.name = std::string(name);
        return point;
    }
    return std::nullopt;
}

Result<Point, Rejection> parse_base(std::string_view text, std::string_view base) {
    Point point;
    if (base == "head") return point;
    if (base == "start" || all_digits(base)) {
        point.kind = PointKind::kVersion;
        if (base == "start") return point;
        point.number = number_of_digits(base);
        return point;
    }
    if (base.starts_with("pos:")) {
        const std::string_view digits = base.substr(4);
        if (!all_digits(digits)) return refuse(text, "a position is expected after \"pos:\"");
        point.kind = PointKind::kPosition;
        point.number = number_of_digits(digits);
        return point;
    }
    if (base.starts_with("-")) {
        const std::optional<std::int64_t> ago = duration_us(base.substr(1));
        if (!ago) return refuse(text, "a time ago is a number and s, m, h or d, like @-5m");
        point.kind = PointKind::kAgo;
        point.ago_us = *ago;
        return point;
    }
    if (auto named = parse_named(text, base)) return *named;
    if (const std::optional<Timestamp> time = parse_time(base)) {
        point.kind = PointKind::kTime;
        point.time = *time;
        return point;
    }
    return refuse(text,
                  "expected @head, @start, @VERSION, @pos:N, an RFC 3339 time, @-5m, @tag:NAME, "
                  "@ckpt:NAME, @ev:UUID, @cmd:UUID or @step:ID");
}

}  // namespace

Result<Point, Rejection> parse_point(std::string_view text) {
    if (text.empty()) return Point{};
    if (text.front() != '@') return refuse(text, "a point begins with @");
    const std::optional<Suffixed> parts = split_suffix(text.substr(1));
    if (!parts) return refuse(text, "after ^ nothing may follow, after ~ and + a number");
    Result<Point, Rejection> point = parse_base(text, parts->base);
    if (point) point->offset = parts->offset;
    return point;
}

Result<Address, Rejection> parse_address(std::string_view text) {
    Address address;
    const std::size_t at = text.find('@');
    address.resource = std::string(text.substr(0, at));
    if (at == std::string_view::npos) return address;
    const std::string_view rest = text.substr(at);
    const std::size_t dots = rest.rfind("..");
    if (dots == std::string_view::npos) {
        Result<Point, Rejection> point = parse_point(rest);
        if (!point) return fail(point.error());
        address.point = *point;
        return address;
    }
    std::string_view first = rest.substr(1, dots - 1);
    std::string_view second = rest.substr(dots + 2);
    if (second.starts_with("@")) second.remove_prefix(1);
    Result<Point, Rejection> from =
        parse_point(fmt::format("@{}", first.empty() ? "start" : first));
    if (!from) return fail(from.error());
    Result<Point, Rejection> to = parse_point(fmt::format("@{}", second.empty() ? "head" : second));
    if (!to) return fail(to.error());
    address.from = *from;
    address.to = *to;
    return address;
}

}  // namespace skein::replay
