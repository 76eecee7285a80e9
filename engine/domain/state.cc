#include "engine/domain/state.h"

#include "engine/base/check.h"
#include "engine/base/fault.h"

namespace skein::domain {

json::Value stored_value(const StoredValue& value, const Past& past) {
    if (const auto* plain = std::get_if<json::Value>(&value)) return *plain;
    const auto& ref = std::get<ValueRef>(value);
    const auto found = past.at(ref.stream, ref.version)->find_value(ref.area, ref.key);
    if (!found || json::digest(json::Path(), *found) != ref.digest) {
        throw Fault(
            FaultKind::kCorruption,
            fmt::format("a reference to {} {} in {} at version {} finds {}", ref.area, ref.key,
                        ref.stream.str(), ref.version.value(), found ? "another value" : "nothing"),
            "Run `skein verify` on the scope; restore the log from a backup where it fails.");
    }
    return *found;
}

void State::apply(const Event& event, const Past& past) {
    const EventMeta& meta = event.meta;
    SKEIN_CHECK(meta.stream == stream_, "event of {} folded into {}", meta.stream.str(),
                stream_.str());
    SKEIN_CHECK(meta.version == version().next(), "{}: version {} folded after {}", stream_.str(),
                meta.version.value(), version().value());
    evolve(event, past);
    mark_ = {meta.version, meta.shard, meta.position, meta.recorded_at, meta.event_id};
}

void State::observe(const Event& event) {
    const EventMeta& meta = event.meta;
    SKEIN_CHECK(meta.stream != stream_, "{} observes an event of its own", stream_.str());
    evolve_observed(event);
    mark_ = {mark_.version, meta.shard, meta.position, meta.recorded_at, meta.event_id};
}

std::optional<json::Value> State::keyed_value(const PlacedKey& place, Timestamp now) const {
    return values(now).find(place.key);
}

void State::evolve_observed(const Event& /*event*/) {}

}  // namespace skein::domain
