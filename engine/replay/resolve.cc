#include "engine/replay/resolve.h"

#include <fmt/format.h>

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/codec/envelope.h"
#include "engine/domain/codes.h"
#include "engine/domain/named_elsewhere.h"
#include "engine/json/writer.h"
#include "engine/replay/log_states.h"

namespace skein::replay {

namespace {

using domain::Rejection;

tl::unexpected<Rejection> out_of_range(const Stream& stream, Version head, std::string_view what) {
    json::ObjectWriter context;
    context.member_number("last", head.value());
    context.member_text("stream", stream.str());
    return fail(domain::reject(
        domain::codes::kPointOutOfRange,
        fmt::format("{} has no {}; its versions are 0 to {}", stream.str(), what, head.value()),
        context.value()));
}

// The name is one that the stream took over from another one, where `at` is its version.
tl::unexpected<Rejection> is_elsewhere(const Stream& stream, std::string_view what,
                                       const Stream& other, Version at) {
    const std::string place = fmt::format("{}@{}", other.str(), at.value());
    json::ObjectWriter context;
    context.member_text("elsewhere", place);
    context.member_text("stream", stream.str());
    return fail(domain::reject(domain::codes::kPointOutOfRange,
                               fmt::format("{} has no event of {}; it happened before the fork: {}",
                                           stream.str(), what, place),
                               context.value()));
}

Timestamp recorded_at(const log::EventLog& log, Shard shard, Position position) {
    const std::optional<log::EventLog::StoredEvent> stored = log.read(shard, position);
    if (stored) {
        const auto head = codec::decode_head(stored->bytes);
        if (head) return head->recorded_at;
    }
    throw Fault(FaultKind::kCorruption,
                fmt::format("the event at shard {} position {} cannot be read", shard.value(),
                            position.value()),
                "Run `skein verify --all`, then restore the log from a backup.");
}

// The last event of the stream whose producer's time is at or before `time`; else the recorded one.
Version version_occurred_by(const ResolveSources& sources, const Stream& stream, Timestamp time) {
    Version found;
    sources.log->scan_stream(stream, Version(0), [&](const log::EventView& view) {
        const domain::Event event = decode_stored(view, *sources.codec);
        if (event.meta.occurred_at && *event.meta.occurred_at <= time) found = event.meta.version;
        return true;
    });
    return found;
}

// The same among all events of the scope, for documents that show the whole of it.
Position position_occurred_by(const ResolveSources& sources, const Scope& scope, Timestamp time) {
    Position found;
    const Shard shard = shard_of(scope, sources.log->shard_count());
    sources.log->scan(shard, Position(0), [&](const log::EventView& view) {
        const auto head = codec::decode_head(view.bytes);
        if (head && scope_of(Stream(std::string(head->stream))) != scope) return true;
        const domain::Event event = decode_stored(view, *sources.codec);
        if (event.meta.occurred_at && *event.meta.occurred_at <= time) found = view.position;
        return true;
    });
    return found;
}

Version version_by_time(const ResolveSources& sources, const Stream& stream, Timestamp time) {
    if (sources.clock == ClockKind::kOccurred) return version_occurred_by(sources, stream, time);
    const Shard shard = log::shard_of(*sources.log, stream);
    return version_at(*sources.log, stream, position_at(*sources.log, shard, time));
}

std::string_view space_of(PointKind kind) {
    if (kind == PointKind::kTag) return "tag";
    return kind == PointKind::kCheckpoint ? "ckpt" : "step";
}

// Where a named point came from, if it is of another stream.
std::optional<domain::Elsewhere> elsewhere(const domain::State& state, const Point& point) {
    const auto* names = dynamic_cast<const domain::NamedElsewhere*>(&state);
    if (names == nullptr) return std::nullopt;
    return names->named_elsewhere(space_of(point.kind), point.name);
}

// The place of an event id or of a command's last event, where it lies in the scope of `stream`.
std::optional<Position> place_by_uuid(const ResolveSources& sources, const Stream& stream,
                                      const Point& point) {
    if (point.kind == PointKind::kCommand) {
        const auto receipt = sources.log->find_receipt(scope_of(stream), point.uuid);
        if (!receipt) return std::nullopt;
        return Position(receipt->first.value() + receipt->event_count - 1);
    }
    const std::optional<EventPlace> place = place_of(point.uuid);
    if (!place || place->shard != log::shard_of(*sources.log, stream)) return std::nullopt;
    const auto stored = sources.log->read(place->shard, place->position);
    if (!stored) return std::nullopt;
    const domain::Event event = decode_stored(
        {place->shard, place->position, stored->bytes, stored->hash.view()}, *sources.codec);
    if (event.meta.event_id != point.uuid) return std::nullopt;
    if (scope_of(event.meta.stream) != scope_of(stream)) return std::nullopt;
    return place->position;
}

Result<Version, Rejection> version_by_uuid(const ResolveSources& sources, const Stream& stream,
                                           const Point& point) {
    const Version head = sources.log->stream_head(stream);
    const std::optional<Position> position = place_by_uuid(sources, stream, point);
    const std::string_view what = point.kind == PointKind::kEvent ? "event" : "command";
    if (!position) return out_of_range(stream, head, fmt::format("{} {}", what, point.uuid.str()));
    return version_at(*sources.log, stream, *position);
}

Result<Version, Rejection> with_offset(const Stream& stream, Version head, Version base,
                                       std::int64_t offset) {
    const auto shifted = static_cast<std::int64_t>(base.value()) + offset;
    if (shifted < 0 || static_cast<std::uint64_t>(shifted) > head.value())
        return out_of_range(stream, head, fmt::format("version {}", shifted));
    return Version(static_cast<std::uint64_t>(shifted));
}

Result<Version, Rejection> numbered_version(const Stream& stream, Version head,
                                            const Point& point) {
    if (point.number > head.value())
        return out_of_range(stream, head, fmt::format("version {}", point.number));
    return with_offset(stream, head, Version(point.number), point.offset);
}

// A source may be behind the log in what is newest; by version it gives everything.
std::shared_ptr<const domain::State> newest_state(const ResolveSources& sources,
                                                  const Stream& stream, Version head) {
    std::shared_ptr<const domain::State> latest = sources.states->latest(stream);
    return latest->version() < head ? sources.states->at(stream, head) : latest;
}

}  // namespace

Version version_at(const log::EventLog& log, const Stream& stream, Position position) {
    std::uint64_t low = 0;  // known to be at or before `position`
    std::uint64_t high = log.stream_head(stream).value();
    while (low < high) {
        const std::uint64_t middle = low + (high - low + 1) / 2;
        const std::optional<Position> at = log.position_of(stream, Version(middle));
        if (at && *at <= position) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return Version(low);
}

Position position_at(const log::EventLog& log, Shard shard, Timestamp time) {
    std::uint64_t low = 0;
    std::uint64_t high = log.head(shard).position.value();
    while (low < high) {
        const std::uint64_t middle = low + (high - low + 1) / 2;
        if (recorded_at(log, shard, Position(middle)) <= time) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return Position(low);
}

bool is_answered_by_state(const Point& point) {
    return point.kind == PointKind::kHead || point.kind == PointKind::kVersion ||
           point.kind == PointKind::kTag || point.kind == PointKind::kCheckpoint ||
           point.kind == PointKind::kStep;
}

Result<Version, Rejection> resolve_in_state(const domain::State& newest, const Point& point) {
    const Stream& stream = newest.stream();
    const Version head = newest.version();
    if (point.kind == PointKind::kHead) return with_offset(stream, head, head, point.offset);
    if (point.kind == PointKind::kVersion) return numbered_version(stream, head, point);
    const std::string_view space = space_of(point.kind);
    const std::optional<Version> version = newest.named_point(space, point.name);
    if (version) return *version;
    const std::string what = fmt::format("{} \"{}\"", space, point.name);
    if (const auto other = elsewhere(newest, point))
        return is_elsewhere(stream, what, other->stream, other->version);
    return out_of_range(stream, head, what);
}

namespace {

// As resolve_in_state; a name of another stream is followed to the event that it stands for.
Result<Version, Rejection> resolve_named(const ResolveSources& sources, const domain::State& newest,
                                         const Point& point) {
    auto other = elsewhere(newest, point);
    if (!other) return resolve_in_state(newest, point);
    const std::string_view space = space_of(point.kind);
    while (true) {
        const auto there = sources.states->at(other->stream, other->version);
        if (const auto version = there->named_point(space, point.name))
            return is_elsewhere(newest.stream(), fmt::format("{} \"{}\"", space, point.name),
                                other->stream, *version);
        const auto further = elsewhere(*there, point);
        if (!further) return resolve_in_state(newest, point);
        other = further;
    }
}

}  // namespace

Result<Version, Rejection> resolve_version(const ResolveSources& sources, const Stream& stream,
                                           const Point& point) {
    const Version head = sources.log->stream_head(stream);
    switch (point.kind) {
        case PointKind::kHead: return with_offset(stream, head, head, point.offset);
        case PointKind::kVersion: return numbered_version(stream, head, point);
        case PointKind::kTag:
        case PointKind::kCheckpoint:
        case PointKind::kStep:
            return resolve_named(sources, *newest_state(sources, stream, head), point);
        case PointKind::kPosition: {
            const Position last = sources.log->head(log::shard_of(*sources.log, stream)).position;
            if (point.number > last.value())
                return out_of_range(
                    stream, head,
                    fmt::format("position {} (its shard ends at {})", point.number, last.value()));
            return version_at(*sources.log, stream, Position(point.number));
        }
        case PointKind::kTime: return version_by_time(sources, stream, point.time);
        case PointKind::kAgo:
            return version_by_time(sources, stream, Timestamp{sources.now.us - point.ago_us});
        case PointKind::kEvent:
        case PointKind::kCommand: return version_by_uuid(sources, stream, point);
    }
    return out_of_range(stream, head, "such point");
}

Result<Position, Rejection> resolve_position(const ResolveSources& sources, const Stream& stream,
                                             const Point& point) {
    const Shard shard = log::shard_of(*sources.log, stream);
    const Position last = sources.log->head(shard).position;
    if (point.kind == PointKind::kHead && point.offset == 0) return last;
    if (point.kind == PointKind::kPosition) {
        if (point.number <= last.value()) return Position(point.number);
        return out_of_range(
            stream, sources.log->stream_head(stream),
            fmt::format("position {} (its shard ends at {})", point.number, last.value()));
    }
    if (point.kind == PointKind::kTime || point.kind == PointKind::kAgo) {
        const bool is_time = point.kind == PointKind::kTime;
        const Timestamp time = is_time ? point.time : Timestamp{sources.now.us - point.ago_us};
        if (sources.clock == ClockKind::kRecorded) return position_at(*sources.log, shard, time);
        return position_occurred_by(sources, scope_of(stream), time);
    }
    if (point.kind == PointKind::kEvent || point.kind == PointKind::kCommand) {
        if (const std::optional<Position> place = place_by_uuid(sources, stream, point))
            return *place;
    }
    Result<Version, Rejection> version = resolve_version(sources, stream, point);
    if (!version) return fail(version.error());
    if (version->value() == 0) return Position(0);
    const std::optional<Position> position = sources.log->position_of(stream, *version);
    SKEIN_CHECK(position.has_value(), "{} has version {} but no position for it", stream.str(),
                version->value());
    return *position;
}

}  // namespace skein::replay
