#include "tools/cli/reading.h"

#include <fmt/format.h>

#include "engine/base/fault.h"

namespace skein::cli {

namespace {

std::optional<ShownEvent> stored_event(Store& store, Shard shard, Position position) {
    const auto stored = store.log().read(shard, position);
    if (!stored) return std::nullopt;
    return ShownEvent{
        replay::decode_stored({shard, position, stored->bytes, stored->hash.view()}, store.codec()),
        stored->hash};
}

}  // namespace

Result<Located, domain::Rejection> locate(Store& store, std::string_view text) {
    auto address = replay::parse_address(text);
    if (!address) return fail(address.error());
    auto resource = store.find(address->resource);
    if (!resource) return fail(resource.error());
    return Located{*resource, *address};
}

Result<Bounds, domain::Rejection> bounds_of(Store& store, const Located& located) {
    const Stream& stream = located.resource.stream;
    const replay::Address& address = located.address;
    Bounds bounds{Version(0), store.log().stream_head(stream)};
    if (address.is_range()) {
        const auto from = store.resolve(stream, *address.from, replay::ClockKind::kRecorded);
        if (!from) return fail(from.error());
        bounds.after = *from;
    }
    const std::optional<replay::Point>& to = address.is_range() ? address.to : address.point;
    if (!to) return bounds;
    const auto last = store.resolve(stream, *to, replay::ClockKind::kRecorded);
    if (!last) return fail(last.error());
    bounds.last = *last;
    return bounds;
}

std::optional<int> refuse_reversed(Cli& cli, Store& store, const Located& located,
                                   const Bounds& bounds) {
    if (!located.address.is_range() || bounds.after <= bounds.last) return std::nullopt;
    const Stream& stream = located.resource.stream;
    return cli.refuse_usage(
        fmt::format("the range ends at version {}, before it begins at {}", bounds.last.value(),
                    bounds.after.value()),
        fmt::format("Write the earlier point first, like RESOURCE@A..B; {} has versions 0 to {}.",
                    stream.str(), store.log().stream_head(stream).value()));
}

ShownEvent event_at(Store& store, const Stream& stream, Version version) {
    const auto position = store.log().position_of(stream, version);
    auto found = position ? stored_event(store, log::shard_of(store.log(), stream), *position)
                          : std::nullopt;
    if (found) return *std::move(found);
    throw Fault(FaultKind::kCorruption,
                fmt::format("{} has no version {}", stream.str(), version.value()),
                "Run `skein verify --all`.");
}

std::optional<ShownEvent> find_event(Store& store, const Uuid& event_id) {
    const std::optional<EventPlace> place = place_of(event_id);
    if (!place || place->shard.value() >= store.log().shard_count()) return std::nullopt;
    auto found = stored_event(store, place->shard, place->position);
    if (!found || found->event.meta.event_id != event_id) return std::nullopt;
    return found;
}

std::uint64_t event_count(Store& store) {
    std::uint64_t count = 0;
    for (std::uint32_t shard = 0; shard < store.log().shard_count(); ++shard)
        count += store.log().head(Shard(shard)).position.value();
    return count;
}

Folds folds_of(Store& store) { return {store.states(ReadFrom::kLog), store.registry()}; }

std::shared_ptr<const domain::State> folded(const Folds& folds, const Stream& stream,
                                            Version version) {
    if (version.value() == 0) return folds.registry.make_state(stream);
    return folds.states.at(stream, version);
}

}  // namespace skein::cli
