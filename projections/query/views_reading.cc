// What readers ask of the views: states and lists.
#include "engine/domain/list_members.h"
#include "engine/json/parse.h"
#include "projections/query/list_item.h"
#include "projections/query/open_views.h"
#include "projections/store/keys.h"

namespace skein::projections {

namespace {

// Ends a fill of the cache in every case.
class OpenFill {
 public:
    OpenFill(StateCache& cache, const Stream& stream)
        : cache_(cache), fill_(cache.begin_fill(stream)) {}
    OpenFill(const OpenFill&) = delete;
    OpenFill& operator=(const OpenFill&) = delete;
    ~OpenFill() { cache_.end_fill(fill_, std::move(state_)); }
    void take(std::shared_ptr<const domain::State> state) { state_ = std::move(state); }

 private:
    StateCache& cache_;
    const StateCache::Fill fill_;
    std::shared_ptr<const domain::State> state_;
};

}  // namespace

bool OpenViews::is_scope_document(const Stream& stream) const {
    const domain::Kind* kind = codec_.registry().kind_of(stream);
    return kind != nullptr && kind->basis == domain::DocumentBasis::kScope;
}

std::shared_ptr<const domain::State> OpenViews::cached_latest(const GenerationView& generation,
                                                              const Stream& stream) const {
    if (auto hit = cache_.find(stream)) return hit;
    OpenFill fill(cache_, stream);
    const history::Reading reading = generation.reader.newest(stream);
    // Another generation may have gone further than what was read; a switch from here on ends the
    // fill.
    if (reading.ordinal > 0 && &generation == live().get()) fill.take(reading.state);
    return reading.state;
}

std::shared_ptr<const domain::State> OpenViews::document_latest(const Stream& stream) const {
    const Pinned generation = live();
    try {
        return cached_latest(*generation, stream);
    } catch (const store::ViewDamage&) {
        note_damage(generation);
        return log_states_.document_latest(stream);
    }
}

std::shared_ptr<const domain::State> OpenViews::latest(const Stream& stream) const {
    return document_latest(stream);
}

std::shared_ptr<const domain::State> OpenViews::version_in(const GenerationView& generation,
                                                           const Stream& stream,
                                                           Version version) const {
    if (is_scope_document(stream)) {
        const history::Reading reading = generation.reader.at_version(stream, version);
        if (reading.ordinal > 0) return reading.state;
        const std::optional<Position> position = log_.position_of(stream, version);
        if (position) return document_in(generation, stream, *position);
        return tail().to_version(*reading.state, version);  // says that there is none
    }
    // The past is read at once: the present is nobody's business unless it is in memory anyway.
    std::shared_ptr<const domain::State> held = cache_.find(stream);
    if (held && held->version() == version) return held;
    if (!held || held->version() > version) {
        const history::Reading reading = generation.reader.at_version(stream, version);
        if (reading.ordinal > 0) return reading.state;
    }
    std::shared_ptr<const domain::State> newest = cached_latest(generation, stream);
    if (newest->version() == version) return newest;
    if (newest->version() < version) return tail().to_version(*newest, version);
    // L1 may be ahead of a generation that was pinned before a switch.
    return log_states_.at(stream, version);
}

std::shared_ptr<const domain::State> OpenViews::at(const Stream& stream, Version version) const {
    if (version.value() == 0) return codec_.registry().make_state(stream);
    const Pinned generation = live();
    try {
        return version_in(*generation, stream, version);
    } catch (const store::ViewDamage&) {
        note_damage(generation);
        return log_states_.at(stream, version);
    }
}

std::shared_ptr<const domain::State> OpenViews::document_in(const GenerationView& generation,
                                                            const Stream& stream,
                                                            Position position) const {
    // What is applied first, then the state: whatever is applied is in the state then.
    const Position known = applied(log::shard_of(log_, stream));
    if (position <= known) {
        auto hit = cache_.find(stream);
        if (hit && hit->mark().position <= position) return hit;
        return generation.reader.as_of(stream, position).state;
    }
    const auto from = generation.reader.as_of(stream, known).state;
    if (is_scope_document(stream)) return tail().scope_to(*from, known, position);
    return tail().stream_to(*from, position);
}

std::shared_ptr<const domain::State> OpenViews::document_at(const Stream& stream,
                                                            Position position) const {
    const Pinned generation = live();
    try {
        return document_in(*generation, stream, position);
    } catch (const store::ViewDamage&) {
        note_damage(generation);
        return log_states_.document_at(stream, position);
    }
}

// Out of the head row; the state is read only where a member is too long to be kept there.
ListItem OpenViews::listed(const GenerationView& generation, const domain::Kind& kind,
                           const Stream& stream) const {
    const std::optional<store::HeadRow> head = generation.reader.head(stream);
    if (!head) throw store::ViewDamage(stream.str() + " is listed and has no head row");
    if (!head->listed.empty() && !json::is_canonical(head->listed))
        throw store::ViewDamage(stream.str() + " has a head row that does not decode");
    if (!head->listed.empty())
        return list_item(stream, head->mark.version, json::Value::from_canonical(head->listed));
    const history::Reading reading = generation.reader.newest(stream);
    const auto members = domain::list_members(kind, *reading.state, ~std::size_t{0});
    return list_item(stream, reading.state->version(), *members);
}

std::vector<ListItem> OpenViews::list(const ListRequest& request) const {
    const domain::Kind* kind = codec_.registry().find_kind(request.kind);
    std::vector<ListItem> items;
    if (kind == nullptr || request.limit == 0) return items;
    const Pinned generation = live();
    const auto add = [&](std::string_view key) {
        const std::optional<Stream> stream = store::stream_of_reserved(key);
        if (!stream || *stream <= request.after) return true;
        items.push_back(listed(*generation, *kind, *stream));
        return items.size() < request.limit;
    };
    const auto scan = [&](const std::string& from, const std::string& to) {
        const std::string start = store::index_key(kind->name, from);
        const std::string after = store::index_key(kind->name, request.after.str());
        generation->store->scan(std::max(start, after), store::index_key(kind->name, to),
                                [&](std::string_view key, std::string_view) { return add(key); });
    };
    try {
        if (!request.scope) {
            scan("", "\xff");  // above every name
        } else {
            const std::string& scope = request.scope->str();
            scan(scope, scope + '\0');
            if (items.size() < request.limit) scan(scope + '/', scope + '0');  // '0' is '/' + 1
        }
    } catch (const store::ViewDamage&) {
        note_damage(generation);
        throw;
    }
    return items;
}

}  // namespace skein::projections
