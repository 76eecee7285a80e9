#include "projections/history/history_reader.h"

#include <fmt/format.h>

#include <map>

#include "engine/base/bytes.h"
#include "projections/history/chunk_rows.h"
#include "projections/history/keyframes.h"
#include "projections/store/row_checksum.h"

namespace skein::projections::history {

namespace {

constexpr int kDepthMax = 64;  // of reads within reads; keyframes keep it below ten

// Rows as a cursor gives them, to be walked the other way round.
class KeptRows {
 public:
    void add(std::string_view key, std::string_view value) {
        rows_.push_back({bytes_.size(), key.size(), value.size()});
        bytes_ += key;
        bytes_ += value;
    }
    // visit(key, value), the last one added first.
    template <class Visit>
    void walk_back(const Visit& visit) const {
        const std::string_view bytes = bytes_;
        for (std::size_t i = rows_.size(); i > 0; --i) {
            const Row& row = rows_[i - 1];
            visit(bytes.substr(row.begin, row.key_size),
                  bytes.substr(row.begin + row.key_size, row.value_size));
        }
    }

 private:
    struct Row {
        std::size_t begin;
        std::size_t key_size;
        std::size_t value_size;
    };
    std::vector<Row> rows_;
    std::string bytes_;
};

// The deltas from where the cursor stands back to those behind `base`, where it then stands: at the
// keyframe of that ordinal, where there is one.
KeptRows take_deltas(const store::DocumentKeys& keys, std::uint64_t base, store::RowCursor& rows) {
    KeptRows deltas;
    bool found = true;
    while (found) {
        const store::HistoryPlace place = keys.history_place(rows.key());
        const bool is_keyframe = place.row == store::HistoryPlace::Row::kKeyframe;
        if (place.ordinal < base || (place.ordinal == base && is_keyframe)) break;
        if (is_keyframe) {
            found = rows.seek(keys.delta(place.ordinal - 1));
            continue;
        }
        if (place.ordinal > base) deltas.add(rows.key(), rows.value());
        found = rows.next();
    }
    return deltas;
}

}  // namespace

// One read with all that it takes from other places, each of them read once.
class HistoryReader::Session final : public domain::Past {
 public:
    explicit Session(const HistoryReader& reader) : reader_(reader) {}

    std::shared_ptr<const domain::State> at(const Stream& stream, Version version) const override {
        const auto key = std::make_pair(stream, version);
        const auto known = known_.find(key);
        if (known != known_.end()) return known->second;
        const std::optional<std::uint64_t> ordinal = reader_.ordinal_of(stream, version);
        if (!ordinal || depth_ >= kDepthMax)
            throw store::ViewDamage(
                fmt::format("{} at version {} is missing", stream.str(), version.value()));
        ++depth_;
        Reading reading = reader_.read_in(*const_cast<Session*>(this), stream, *ordinal);
        --depth_;
        if (reading.state->version() != version)
            throw store::ViewDamage(
                fmt::format("{} at version {} is missing", stream.str(), version.value()));
        known_.emplace(key, reading.state);
        return reading.state;
    }

 private:
    const HistoryReader& reader_;
    mutable std::map<std::pair<Stream, Version>, std::shared_ptr<const domain::State>> known_;
    mutable int depth_ = 0;
};

HistoryReader::HistoryReader(std::shared_ptr<const store::ViewStore> store,
                             const codec::Codec& codec, std::uint32_t shard_count)
    : store_(std::move(store)), codec_(codec), shard_count_(shard_count) {}

const domain::Kind* HistoryReader::kind_of(const Stream& stream) const {
    return codec_.registry().kind_of(stream);
}

store::DocumentKeys HistoryReader::keys_of(const Stream& stream) const {
    return {shard_of(scope_of(stream), shard_count_), stream};
}

std::optional<Stream> HistoryReader::scope_document_of(const Stream& stream) const {
    Stream document(scope_of(stream).str());
    if (document == stream) return std::nullopt;
    const domain::Kind* kind = kind_of(document);
    if (kind == nullptr || kind->basis != domain::DocumentBasis::kScope) return std::nullopt;
    return document;
}

std::optional<store::HeadRow> HistoryReader::head(const Stream& stream) const {
    const std::string key = keys_of(stream).head();
    const std::optional<std::string> value = store_->get(key);
    if (!value) return std::nullopt;
    return store::read_head(key, *value);
}

// Where the delta of a version stands.
std::optional<std::uint64_t> HistoryReader::ordinal_of(const Stream& stream,
                                                       Version version) const {
    const domain::Kind* kind = kind_of(stream);
    if (kind == nullptr || version.value() == 0) return std::nullopt;
    if (kind->basis == domain::DocumentBasis::kStream) return version.value();
    const std::string key = keys_of(stream).version(version);
    const std::optional<std::string> value = store_->get(key);
    if (!value) return std::nullopt;
    ByteReader reader(*value);
    const std::uint64_t position = reader.u64_be();
    if (!reader.done()) throw store::ViewDamage("a version row does not decode");
    return position;
}

Reading HistoryReader::read(const Stream& stream, std::uint64_t ordinal_max) const {
    Session session(*this);
    return read_in(session, stream, ordinal_max);
}

Reading HistoryReader::read_in(Session& session, const Stream& stream,
                               std::uint64_t ordinal_max) const {
    Reading reading;
    reading.state = codec_.registry().make_state(stream);
    const store::DocumentKeys keys = keys_of(stream);
    const std::string point = keys.delta(ordinal_max);
    const std::unique_ptr<store::RowCursor> rows = store_->walk(point, keys.history().to);
    if (!rows->seek(point)) return reading;
    reading.ordinal = keys.history_place(rows->key()).ordinal;
    // Its views are not looked at once the cursor has moved.
    const store::DeltaRow newest = store::read_delta(rows->key(), rows->value(), reading.ordinal);
    reading.past_reads = newest.past_reads;
    const KeptRows deltas = take_deltas(keys, newest.base, *rows);
    if (newest.base > 0) load_keyframe(keys, newest.base, *rows, *reading.state);
    deltas.walk_back([&](std::string_view key, std::string_view value) {
        const std::uint64_t ordinal = keys.history_place(key).ordinal;
        fold(session, keys, store::read_delta(key, value, ordinal), *reading.state);
    });
    if (reading.state->digest() != newest.digest)
        throw store::ViewDamage(fmt::format("{} at {}: the digest is {}, but {} was expected",
                                            stream.str(), reading.ordinal,
                                            reading.state->digest().hex(), newest.digest.hex()));
    return reading;
}

// From where the cursor stands, if that is its first row.
void HistoryReader::load_keyframe(const store::DocumentKeys& keys, std::uint64_t ordinal,
                                  store::RowCursor& rows, domain::State& state) const {
    const codec::KindCodec& kind = codec_.kind_codec(kind_of(state.stream())->name);
    const StoredChunks chunks(*store_, keys.shard(), std::string(keys.scope()));
    const store::HistoryPlace place{ordinal, store::HistoryPlace::Row::kKeyframe};
    for (bool found = rows.found() && rows.key() == keys.keyframe(ordinal, 0);
         found && keys.history_place(rows.key()) == place; found = rows.next()) {
        ByteReader reader(rows.value());
        const bool is_last = read_part_start(reader).has_value();
        while (reader.ok() && !reader.done()) {
            const std::string_view slice = reader.string();
            const auto problem = kind.load(state, slice, &chunks);
            if (!reader.ok() || problem)
                throw store::ViewDamage(fmt::format("a keyframe does not decode: {}: {}",
                                                    store::show_key(rows.key()),
                                                    problem ? problem->what : "cut"));
        }
        if (is_last) return;
    }
    throw store::ViewDamage(
        fmt::format("a keyframe is missing: {}", store::show_key(keys.keyframe(ordinal, 0))));
}

void HistoryReader::fold(Session& session, const store::DocumentKeys& keys,
                         const store::DeltaRow& delta, domain::State& state) const {
    domain::Event event;
    event.meta = delta.meta;
    event.meta.shard = keys.shard();
    event.meta.stream =
        delta.observed ? Stream(std::string(keys.scope()) + delta.suffix) : state.stream();
    std::string kept;  // what the views of `body_row` look into
    store::DeltaRow there;
    if (delta.elsewhere) {
        const std::string key = keys_of(event.meta.stream).delta(delta.meta.version.value());
        auto value = store_->get(key);
        if (!value) throw store::ViewDamage("a delta is missing: " + store::show_key(key));
        kept = std::move(*value);
        there = store::read_delta(key, kept, delta.meta.version.value());
    }
    const store::DeltaRow& body_row = delta.elsewhere ? there : delta;
    auto body = codec_.decode_payload(body_row.type, body_row.type_version, body_row.payload);
    if (!body)
        throw store::ViewDamage(fmt::format("a delta of {} does not decode: {}",
                                            event.meta.stream.str(), body.error().what));
    event.body = std::move(*body);
    if (delta.observed) return state.observe(event);
    if (event.meta.version != state.version().next())
        throw store::ViewDamage(fmt::format("{}: version {} stands behind {}", state.stream().str(),
                                            event.meta.version.value(), state.version().value()));
    state.apply(event, session);
}

Reading HistoryReader::at_version(const Stream& stream, Version version) const {
    const std::optional<std::uint64_t> ordinal = ordinal_of(stream, version);
    Reading reading;
    if (ordinal) reading = read(stream, *ordinal);
    if (ordinal && reading.state->version() == version) return reading;
    reading = {};
    reading.state = codec_.registry().make_state(stream);
    return reading;
}

std::shared_ptr<const domain::State> HistoryReader::at(const Stream& stream,
                                                       Version version) const {
    Reading reading = at_version(stream, version);
    if (reading.ordinal == 0)
        throw Fault(FaultKind::kCorruption, fmt::format("{} has no version {} in the views",
                                                        stream.str(), version.value()));
    return reading.state;
}

// The last event of the scope at or before `position`, as the mark of a scope document.
void HistoryReader::move_mark(const Stream& stream, Position position, domain::State& state) const {
    const store::DocumentKeys keys = keys_of(stream);
    const auto row = store_->seek_for_prev(
        store::timeline_key(keys.shard(), keys.scope(), position),
        store::timeline_key(keys.shard(), keys.scope(), state.mark().position));
    if (!row) return;
    const store::TimelineRow line = store::read_timeline(row->key, row->value);
    domain::Mark mark = state.mark();
    mark.shard = keys.shard();
    mark.position = Position(store::position_of_timeline(row->key).value_or(0));
    mark.recorded_at = line.recorded_at;
    mark.event_id = line.event_id;
    state.set_mark(mark);
}

Reading HistoryReader::newest(const Stream& stream) const {
    return as_of(stream, Position(kNewest));
}

Reading HistoryReader::as_of(const Stream& stream, Position position) const {
    const domain::Kind* kind = kind_of(stream);
    if (kind != nullptr && kind->basis == domain::DocumentBasis::kScope) {
        // The mark first: an event that is projected meanwhile must not be in it and not in the
        // rows.
        const store::DocumentKeys keys = keys_of(stream);
        const auto row =
            store_->seek_for_prev(store::timeline_key(keys.shard(), keys.scope(), position),
                                  store::timeline_key(keys.shard(), keys.scope(), Position(0)));
        const std::uint64_t last = row ? store::position_of_timeline(row->key).value_or(0) : 0;
        Reading reading = read(stream, last);
        if (row) move_mark(stream, Position(last), *reading.state);
        return reading;
    }
    if (position.value() == kNewest) return read(stream, kNewest);
    const std::optional<store::HeadRow> newest = head(stream);
    if (!newest) return read(stream, 0);
    if (newest->mark.position <= position) return read(stream, newest->ordinal);
    const store::DocumentKeys keys = keys_of(stream);
    std::uint64_t low = 0;  // the greatest version known to stand at or before `position`
    std::uint64_t high = newest->ordinal;
    while (high - low > 1) {
        const std::uint64_t middle = low + (high - low) / 2;
        const std::string key = keys.delta(middle);
        const std::optional<std::string> value = store_->get(key);
        if (!value) throw store::ViewDamage("a delta is missing: " + store::show_key(key));
        const Position there = store::read_delta(key, *value, middle).meta.position;
        (there <= position ? low : high) = middle;
    }
    return read(stream, low);
}

}  // namespace skein::projections::history
