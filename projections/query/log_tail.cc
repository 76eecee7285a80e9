#include "projections/query/log_tail.h"

#include <fmt/format.h>

#include "engine/base/fault.h"
#include "engine/codec/envelope.h"
#include "engine/replay/log_states.h"

namespace skein::projections {

std::shared_ptr<const domain::State> LogTail::to_version(const domain::State& from,
                                                         Version version) const {
    std::shared_ptr<domain::State> state = from.clone();
    if (state->version() < version) {
        log.scan_stream(state->stream(), state->version(), [&](const log::EventView& view) {
            state->apply(replay::decode_stored(view, codec), past);
            return state->version() < version;
        });
    }
    if (state->version() != version)
        throw Fault(FaultKind::kCorruption,
                    fmt::format("{} ends at version {}, but version {} was expected",
                                state->stream().str(), state->version().value(), version.value()),
                    "Run `skein verify --all`.");
    return state;
}

std::shared_ptr<const domain::State> LogTail::stream_to(const domain::State& from,
                                                        Position position) const {
    std::shared_ptr<domain::State> state = from.clone();
    log.scan_stream(state->stream(), state->version(), [&](const log::EventView& view) {
        if (view.position > position) return false;
        state->apply(replay::decode_stored(view, codec), past);
        return true;
    });
    return state;
}

std::shared_ptr<const domain::State> LogTail::scope_to(const domain::State& from, Position known,
                                                       Position position) const {
    std::shared_ptr<domain::State> state = from.clone();
    const Scope scope = scope_of(state->stream());
    log.scan(log::shard_of(log, state->stream()), known, [&](const log::EventView& view) {
        if (view.position > position) return false;
        const auto head = codec::decode_head(view.bytes);
        if (head && scope_of(Stream(std::string(head->stream))) == scope) {
            const domain::Event event = replay::decode_stored(view, codec);
            if (event.meta.stream == state->stream()) {
                state->apply(event, past);
            } else {
                state->observe(event);
            }
        }
        return true;
    });
    return state;
}

}  // namespace skein::projections
