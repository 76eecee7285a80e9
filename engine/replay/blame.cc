#include "engine/replay/blame.h"

#include <algorithm>
#include <utility>

#include "engine/replay/log_states.h"
#include "engine/replay/resolve.h"

namespace skein::replay {

namespace {

// A place whose links are still to be collected, newest first.
struct Place {
    Stream stream;
    Version version;
    std::string key;
};

class Walk {
 public:
    Walk(const log::EventLog& log, const codec::Codec& codec, const States& states)
        : log_(&log), codec_(&codec), states_(&states) {}

    // The links of one stream up to a version, newest first; `next` is where the oldest of them
    // took its value from, if it did.
    std::vector<BlameLink> links_of(const Place& place, std::optional<Place>& next) {
        std::vector<BlameLink> links;
        std::optional<Place> origin;
        std::shared_ptr<domain::State> state = codec_->registry().make_state(place.stream);
        std::optional<json::Value> value;
        if (place.version.value() == 0) return links;
        log_->scan_stream(place.stream, Version(0), [&](const log::EventView& view) {
            const domain::Event event = decode_stored(view, *codec_);
            state->apply(event, *states_);
            std::optional<json::Value> after = state->keyed_value(place.key);
            const bool changed = after != value;
            value = std::move(after);
            std::optional<domain::Touch> touch = event.body->touch(place.stream, place.key);
            const bool is_mere_copy = touch && touch->effect == domain::Touch::Effect::kComesFrom;
            if (changed || (touch && !is_mere_copy)) add(event, std::move(touch), links, origin);
            return event.meta.version < place.version;
        });
        std::reverse(links.begin(), links.end());
        next = std::move(origin);
        return links;
    }

 private:
    void add(const domain::Event& event, std::optional<domain::Touch> touch,
             std::vector<BlameLink>& links, std::optional<Place>& origin) const {
        using Effect = domain::Touch::Effect;
        domain::Touch done;
        done.how = "set";
        if (touch) done = std::move(*touch);
        if (done.effect != Effect::kBuildsOn) {
            links.clear();
            origin.reset();
        }
        if (done.effect == Effect::kComesFrom) {
            // Streams of one scope share their shard: without a version, the one at that moment.
            const Version version = done.from_version.value() > 0
                                        ? done.from_version
                                        : version_at(*log_, done.from, event.meta.position);
            origin = Place{done.from, version, done.from_key};
        }
        BlameLink link{std::string(done.how), event.meta, std::nullopt, done.strategy,
                       std::move(done.lost)};
        if (!done.from.empty()) link.from = done.from;
        links.push_back(std::move(link));
    }

    const log::EventLog* log_;
    const codec::Codec* codec_;
    const States* states_;
};

}  // namespace

Blame blame(const log::EventLog& log, const codec::Codec& codec, const States& states,
            const BlameQuery& query) {
    Blame answer;
    if (query.version.value() > 0)
        answer.value = states.at(query.stream, query.version)->keyed_value(query.key);
    Walk walk(log, codec, states);
    std::optional<Place> place = Place{query.stream, query.version, query.key};
    while (place && answer.chain.size() < query.links_max) {
        std::optional<Place> next;
        for (BlameLink& link : walk.links_of(*place, next)) {
            if (answer.chain.size() < query.links_max) answer.chain.push_back(std::move(link));
        }
        place = std::move(next);
    }
    return answer;
}

}  // namespace skein::replay
