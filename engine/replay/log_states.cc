#include "engine/replay/log_states.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/codec/envelope.h"
#include "engine/codec/snapshot.h"

namespace skein::replay {

namespace {

constexpr std::uint64_t kNoLimit = ~0ULL;

bool is_scope_document(const domain::Registry& registry, const Stream& stream) {
    const domain::Kind* kind = registry.kind_of(stream);
    return kind != nullptr && kind->basis == domain::DocumentBasis::kScope;
}

}  // namespace

domain::Event decode_stored(const log::EventView& view, const codec::Codec& codec) {
    Result<codec::DecodedEvent, codec::CodecError> decoded = codec::decode_event(view.bytes, codec);
    if (decoded && decoded->event.meta.shard == view.shard &&
        decoded->event.meta.position == view.position)
        return std::move(decoded->event);
    const std::string why = decoded ? "it says another shard or position" : decoded.error().what;
    throw Fault(FaultKind::kCorruption,
                fmt::format("the event at shard {} position {} cannot be read: {}",
                            view.shard.value(), view.position.value(), why),
                "Run `skein verify --all`, then restore the log from a backup.");
}

LogStates::LogStates(const log::EventLog& log, const codec::Codec& codec, Snapshots snapshots)
    : log_(&log), codec_(&codec), snapshots_(snapshots) {}

std::shared_ptr<const domain::State> LogStates::latest(const Stream& stream) const {
    const Version head = log_->stream_head(stream);
    if (head.value() == 0) return codec_->registry().make_state(stream);
    return fold(stream, head);
}

std::shared_ptr<const domain::State> LogStates::at(const Stream& stream, Version version) const {
    if (version.value() == 0) return codec_->registry().make_state(stream);
    return fold(stream, version);
}

// The best state to go on from: a remembered one, a snapshot, or the empty one.
std::shared_ptr<domain::State> LogStates::start_of(const Stream& stream, Version version) const {
    std::shared_ptr<const domain::State> best;
    {
        const std::lock_guard lock(mutex_);
        auto above = remembered_.upper_bound(Key(stream, version));
        if (above != remembered_.begin() && std::prev(above)->first.first == stream)
            best = std::prev(above)->second;
    }
    if (best) return best->clone();
    if (snapshots_ == Snapshots::kUse) {
        if (auto stored = log_->find_snapshot(stream, version)) {
            auto loaded = codec::decode_snapshot(stored->bytes, *codec_);
            if (loaded) {
                (*loaded)->forget_observed();
                return *loaded;
            }
            throw Fault(FaultKind::kCorruption,
                        fmt::format("the snapshot of {} at version {} cannot be read: {}",
                                    stream.str(), stored->version.value(), loaded.error().what),
                        "Replay with --from log, which needs no snapshot.");
        }
    }
    return codec_->registry().make_state(stream);
}

void LogStates::remember(const std::shared_ptr<const domain::State>& state) const {
    const std::lock_guard lock(mutex_);
    const Key key(state->stream(), state->version());
    if (!remembered_.emplace(key, state).second) return;
    order_.push_back(key);
    if (order_.size() <= kRememberedMax) return;
    remembered_.erase(order_.front());
    order_.pop_front();
}

std::shared_ptr<const domain::State> LogStates::fold(const Stream& stream, Version version) const {
    std::shared_ptr<domain::State> state = start_of(stream, version);
    if (state->version() == version) return state;
    log_->scan_stream(stream, state->version(), [&](const log::EventView& view) {
        state->apply(decode_stored(view, *codec_), *this);
        if (state->version().value() % kRememberEvery == 0) remember(state->clone());
        return state->version() < version;
    });
    if (state->version() != version)
        throw Fault(FaultKind::kCorruption,
                    fmt::format("{} ends at version {}, but version {} was expected", stream.str(),
                                state->version().value(), version.value()),
                    "Run `skein verify --all`.");
    remember(state);
    return state;
}

std::shared_ptr<const domain::State> LogStates::document_latest(const Stream& stream) const {
    if (!is_scope_document(codec_->registry(), stream)) return latest(stream);
    return scope_document(stream, Position(kNoLimit));
}

std::shared_ptr<const domain::State> LogStates::document_at(const Stream& stream,
                                                            Position position) const {
    if (is_scope_document(codec_->registry(), stream)) return scope_document(stream, position);
    std::shared_ptr<domain::State> state = codec_->registry().make_state(stream);
    log_->scan_stream(stream, Version(0), [&](const log::EventView& view) {
        if (view.position > position) return false;
        state->apply(decode_stored(view, *codec_), *this);
        return true;
    });
    return state;
}

// The events that the document of a scope is made of: its own stream's, those that change its list,
// and the last one of the scope, which the document's point names.
std::shared_ptr<const domain::State> LogStates::scope_document(const Stream& stream,
                                                               Position position) const {
    std::vector<domain::Event> events;
    std::optional<domain::Event> last;
    log_->scan_streams(scope_of(stream), Stream(), [&](const Stream& member, Version) {
        log_->scan_stream(member, Version(0), [&](const log::EventView& view) {
            if (view.position > position) return false;
            domain::Event event = decode_stored(view, *codec_);
            if (!last || last->meta.position < view.position) last = event;
            if (member == stream || event.body->listed_status()) events.push_back(std::move(event));
            return true;
        });
        return true;
    });
    if (last && last->meta.stream != stream && !last->body->listed_status())
        events.push_back(std::move(*last));
    std::sort(events.begin(), events.end(), [](const domain::Event& a, const domain::Event& b) {
        return a.meta.position < b.meta.position;
    });
    std::shared_ptr<domain::State> state = codec_->registry().make_state(stream);
    for (const domain::Event& event : events) {
        if (event.meta.stream == stream) {
            state->apply(event, *this);
        } else {
            state->observe(event);
        }
    }
    return state;
}

}  // namespace skein::replay
