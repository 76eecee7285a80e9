#include "engine/replay/blame.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "engine/replay/log_states.h"
#include "engine/replay/resolve.h"

namespace skein::replay {

namespace {

using Effect = domain::Touch::Effect;

constexpr Timestamp kNothingExpired{};

// A place whose links are still to be collected.
struct Place {
    Stream stream;
    Version version;
    domain::PlacedKey key;

    auto operator<=>(const Place&) const = default;
};

// What made the value that a key has: events of one stream, oldest first, and where else it is
// from.
struct Line {
    std::vector<BlameLink> links;
    std::vector<Place> origins;
    bool is_joined = false;  // some event made one value of two
};

BlameLink link_of(const domain::EventMeta& meta, const domain::Touch& touch) {
    BlameLink link{std::string(touch.how), meta, std::nullopt, touch.strategy, touch.lost};
    if (!touch.from.empty()) link.from = touch.from;
    return link;
}

// Follows one key through the events of one stream.
class Walk {
 public:
    Walk(const log::EventLog& log, const codec::Codec& codec, const States& states)
        : log_(log), codec_(codec), states_(states) {}

    Line line_of(const Place& place) {
        line_ = {};
        offers_.clear();
        std::shared_ptr<domain::State> state = codec_.registry().make_state(place.stream);
        std::optional<json::Value> value;
        if (place.version.value() == 0) return {};
        log_.scan_stream(place.stream, Version(0), [&](const log::EventView& view) {
            const domain::Event event = decode_stored(view, codec_);
            const std::optional<domain::Touch> touch = event.body->touch(*state, place.key);
            state->apply(event, states_);
            std::optional<json::Value> after = state->keyed_value(place.key, kNothingExpired);
            const bool has_changed = after != value;
            value = std::move(after);
            take(event.meta, touch, has_changed);
            return event.meta.version < place.version;
        });
        return std::move(line_);
    }

 private:
    // A choice that an event left open: the line that it stands at the end of, and where the value
    // on offer came from.
    struct Offer {
        Line line;
        BlameLink link;
    };

    void take(const domain::EventMeta& meta, const std::optional<domain::Touch>& touch,
              bool has_changed) {
        if (touch && touch->effect == Effect::kLeavesOpen) {
            offers_.insert_or_assign(meta.version, Offer{line_, link_of(meta, *touch)});
            return;
        }
        // Copies of what is there already are no links.
        const bool is_copy =
            touch && (touch->effect == Effect::kComesFrom || touch->effect == Effect::kJoins);
        if (!has_changed && (!touch || is_copy)) return;
        domain::Touch done;
        done.how = "set";
        if (touch) done = *touch;
        const auto offer = offers_.find(done.closes);
        if (offer != offers_.end()) line_ = offer->second.line;
        // A fork closes what its origin left open: it has not that event, and cannot go back to it.
        const bool is_lost = offer == offers_.end() && done.closes.value() > 0;
        if (is_lost && has_changed && done.effect == Effect::kBuildsOn)
            done.effect = Effect::kReplaces;
        if (done.effect == Effect::kReplaces || done.effect == Effect::kComesFrom) line_ = {};
        if (done.effect == Effect::kComesFrom || done.effect == Effect::kJoins)
            line_.origins.push_back(origin_of(done, meta));
        line_.is_joined = line_.is_joined || done.effect == Effect::kJoins;
        if (offer != offers_.end()) line_.links.push_back(offer->second.link);
        line_.links.push_back(link_of(meta, done));
    }

    Place origin_of(const domain::Touch& touch, const domain::EventMeta& meta) const {
        // Streams of one scope share their shard: without a version, the one at that moment.
        const Version version = touch.from_version.value() > 0
                                    ? touch.from_version
                                    : version_at(log_, touch.from, meta.position);
        return {touch.from, version, touch.from_key};
    }

    const log::EventLog& log_;
    const codec::Codec& codec_;
    const States& states_;
    Line line_;
    std::map<Version, Offer> offers_;
};

// Lines that were joined may meet again further back: newest first, each event once.
void put_in_order(std::vector<BlameLink>& chain) {
    const auto age_of = [](const BlameLink& link) {
        return std::tuple(link.event.recorded_at, link.event.shard, link.event.position);
    };
    std::stable_sort(chain.begin(), chain.end(),
                     [&](const BlameLink& a, const BlameLink& b) { return age_of(a) > age_of(b); });
    const auto end =
        std::unique(chain.begin(), chain.end(),
                    [&](const BlameLink& a, const BlameLink& b) { return age_of(a) == age_of(b); });
    chain.erase(end, chain.end());
}

// The first area that has the key; where none has, nullopt.
std::optional<std::string> area_with(const domain::State& state, const std::string& key) {
    for (const std::string_view area : state.key_areas())
        if (state.keyed_value({std::string(area), key}, kNothingExpired)) return std::string(area);
    return std::nullopt;
}

// Of a key that stands nowhere then: where an event touched it last.
std::string area_left(const domain::State& state, Walk& walk, Place place) {
    std::string left(state.key_areas().front());
    Version newest;
    for (const std::string_view area : state.key_areas()) {
        place.key.area = area;
        const Line line = walk.line_of(place);
        if (line.links.empty() || line.links.back().event.version <= newest) continue;
        newest = line.links.back().event.version;
        left = area;
    }
    return left;
}

// Where a bare key stands.
void settle_area(const States& states, Walk& walk, Place& place) {
    if (!place.key.area.empty() || place.version.value() == 0) return;
    const auto state = states.at(place.stream, place.version);
    const std::optional<std::string> area = area_with(*state, place.key.key);
    place.key.area = area ? *area : area_left(*state, walk, place);
}

}  // namespace

Blame blame(const log::EventLog& log, const codec::Codec& codec, const States& states,
            const BlameQuery& query) {
    Blame answer;
    Walk walk(log, codec, states);
    std::vector<Place> places = {{query.stream, query.version, query.key}};
    settle_area(states, walk, places.front());
    answer.area = places.front().key.area;
    if (query.version.value() > 0)
        answer.value =
            states.at(query.stream, query.version)->keyed_value(places.front().key, query.now);
    std::set<Place> seen;
    bool is_joined = false;
    // One line alone ends early; of several the newest links are known when all are.
    while (!places.empty() && (is_joined || answer.chain.size() < query.links_max)) {
        Place place = std::move(places.back());
        places.pop_back();
        settle_area(states, walk, place);
        if (!seen.insert(place).second) continue;
        Line line = walk.line_of(place);
        is_joined = is_joined || line.is_joined;
        std::move(line.links.rbegin(), line.links.rend(), std::back_inserter(answer.chain));
        std::move(line.origins.begin(), line.origins.end(), std::back_inserter(places));
    }
    if (is_joined) put_in_order(answer.chain);
    if (answer.chain.size() > query.links_max)
        answer.chain.erase(answer.chain.begin() + static_cast<std::ptrdiff_t>(query.links_max),
                           answer.chain.end());
    return answer;
}

}  // namespace skein::replay
