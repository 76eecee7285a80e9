#include "projections/query/verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/json/patch.h"
#include "engine/replay/log_states.h"
#include "projections/store/row_checksum.h"

namespace skein::projections {

namespace {

constexpr std::uint64_t kProgressEvery = 1000;

// The stream that a row belongs to, for reports.
Stream stream_of_row(std::string_view key) {
    if (const auto place = store::place_of_row(key)) return place->stream;
    return store::stream_of_reserved(key).value_or(Stream());
}

}  // namespace

void Verifier::fail(const Stream& stream, std::string what, std::string expected,
                    std::string found) {
    failures_.push_back({stream, std::move(what), std::move(expected), std::move(found)});
}

std::vector<Views::RowFailure> Verifier::run(const std::optional<Stream>& only,
                                             const std::vector<Position>& applied,
                                             const std::function<void(std::uint64_t)>& progress) {
    failures_.clear();
    checked_ = 0;
    progress_ = &progress;
    check_rows(only);
    std::set<Scope> scopes;
    if (only) {
        scopes.insert(scope_of(*only));
    } else {
        log_.scan_streams(Scope(), Stream(), [&](const Stream& stream, Version) {
            scopes.insert(scope_of(stream));
            return true;
        });
    }
    for (const Scope& scope : scopes)
        check_scope(scope, only, applied[skein::shard_of(scope, log_.shard_count()).value()]);
    return failures_;
}

void Verifier::check_rows(const std::optional<Stream>& only) {
    try {
        generation_.store->check_rows([&](std::string_view key, bool sound) {
            if (++checked_ % kProgressEvery == 0 && *progress_) (*progress_)(checked_);
            if (sound || (only && stream_of_row(key) != *only)) return;
            fail(stream_of_row(key), "row checksum", "a row that was not changed",
                 store::show_key(key));
        });
    } catch (const store::ViewDamage& damage) {
        fail(Stream(), "store", "blocks that can be read", damage.what());
    }
}

Version Verifier::parked_from(const Stream& stream) const {
    const std::string key = store::parked_key(stream);
    const std::optional<std::string> value = generation_.store->get(key);
    return value ? store::read_parked(key, *value).version : Version(~0ULL);
}

// Folds the scope from the log, all its streams and its document in one walk of positions.
void Verifier::check_scope(const Scope& scope, const std::optional<Stream>& only,
                           Position applied) {
    std::map<Position, domain::Event> events;
    log_.scan_streams(scope, Stream(), [&](const Stream& stream, Version) {
        const Version parked = parked_from(stream);
        std::uint64_t version = 0;
        log_.scan_stream(stream, Version(0), [&](const log::EventView& view) {
            if (view.position > applied || ++version >= parked.value()) return false;
            events.emplace(view.position, replay::decode_stored(view, codec_));
            return true;
        });
        return true;
    });
    const replay::LogStates past(log_, codec_, replay::Snapshots::kIgnore);
    const Stream scope_stream(scope.str());
    std::map<Stream, std::shared_ptr<domain::State>> states;
    std::map<Stream, std::vector<Point>> points;
    const auto state_of = [&](const Stream& stream) -> domain::State& {
        std::shared_ptr<domain::State>& state = states[stream];
        if (!state) state = codec_.registry().make_state(stream);
        return *state;
    };
    const domain::Kind* scope_kind = codec_.registry().kind_of(scope_stream);
    const bool has_document =
        scope_kind != nullptr && scope_kind->basis == domain::DocumentBasis::kScope;
    for (const auto& [position, event] : events) {
        const bool of_scope = has_document && event.meta.stream == scope_stream;
        domain::State& state = state_of(event.meta.stream);
        state.apply(event, past);
        points[event.meta.stream].push_back(
            {of_scope ? position.value() : event.meta.version.value(), state.digest()});
        if (of_scope || !has_document || !event.body->listed_status()) continue;
        domain::State& document = state_of(scope_stream);
        document.observe(event);
        points[scope_stream].push_back({position.value(), document.digest()});
    }
    for (const auto& [stream, expected] : points) {
        if (only && stream != *only) continue;
        check_document(stream, expected);
        check_keyframes(stream);
        check_index(stream);
    }
}

// The deltas of a document beside what the fold gave.
void Verifier::check_document(const Stream& stream, const std::vector<Point>& points) {
    const store::DocumentKeys keys = generation_.reader.keys_of(stream);
    std::map<std::uint64_t, json::Digest> found;
    try {
        generation_.store->scan(keys.delta(0), keys.delta(points.back().ordinal) + '\0',
                                [&](std::string_view key, std::string_view value) {
                                    const auto ordinal = store::ordinal_of_delta(key).value_or(0);
                                    found[ordinal] = store::read_delta(key, value, ordinal).digest;
                                    return true;
                                });
    } catch (const store::ViewDamage& damage) {
        return fail(stream, "delta", "rows that can be read", damage.what());
    }
    for (const Point& point : points) {
        if (++checked_ % kProgressEvery == 0 && *progress_) (*progress_)(checked_);
        const auto row = found.find(point.ordinal);
        const std::string at = fmt::format("{} at {}", point.digest.hex(), point.ordinal);
        if (row == found.end()) {
            fail(stream, "missing", at, "no row");
            continue;
        }
        if (row->second != point.digest) fail(stream, "digest", at, row->second.hex());
        found.erase(row);
    }
    for (const auto& [ordinal, digest] : found)
        fail(stream, "surplus", "no row", fmt::format("{} at {}", digest.hex(), ordinal));
}

// Every keyframe, and the newest state, give the digest that stands beside them.
void Verifier::check_keyframes(const Stream& stream) {
    const store::DocumentKeys keys = generation_.reader.keys_of(stream);
    std::set<std::uint64_t> ordinals{history::HistoryReader::kNewest};
    try {
        generation_.store->scan(keys.keyframe(0, 0), keys.keyframe(~0ULL, 0),
                                [&](std::string_view key, std::string_view) {
                                    if (const auto place = store::place_of_row(key))
                                        ordinals.insert(place->ordinal);
                                    return true;
                                });
        const auto head = generation_.reader.head(stream);
        if (!head) return fail(stream, "missing", "a head row", "none");
        for (const std::uint64_t ordinal : ordinals) {
            // The point behind a keyframe is the first that is read through it.
            generation_.reader.read(stream, ordinal);
            if (ordinal < head->ordinal) generation_.reader.read(stream, ordinal + 1);
        }
    } catch (const Fault& fault) {
        fail(stream, "keyframe", "states that can be read", fault.what());
    }
}

void Verifier::check_index(const Stream& stream) {
    const std::string_view kind = generation_.reader.kind_of(stream)->name;
    try {
        if (!generation_.store->get(store::index_key(kind, stream.str())))
            fail(stream, "missing", "a row of the list", "none");
    } catch (const store::ViewDamage& damage) {
        fail(stream, "list", "a row that can be read", damage.what());
    }
}

namespace {

std::set<Stream> streams_of(const GenerationView& generation) {
    std::set<Stream> streams;
    const store::KeyRange range = store::reserved_range(store::KeyKind::kIndex);
    generation.store->scan(range.from, range.to, [&](std::string_view key, std::string_view) {
        if (const auto stream = store::stream_of_reserved(key)) streams.insert(*stream);
        return true;
    });
    return streams;
}

std::vector<std::string> paths_between(const domain::State& a, const domain::State& b) {
    std::vector<std::string> paths;
    const Timestamp never{};  // nothing has expired then
    for (const json::Change& change : json::diff(a.document(never), b.document(never)))
        paths.push_back(change.path);
    return paths;
}

}  // namespace

std::vector<Views::Difference> compare_generations(const GenerationView& a, const GenerationView& b,
                                                   const log::EventLog& log,
                                                   const codec::Codec& codec) {
    std::vector<Position> both;
    for (std::uint32_t n = 0; n < log.shard_count(); ++n)
        both.push_back(std::min(core::load_checkpoint(*a.store, log, Shard(n)).position,
                                core::load_checkpoint(*b.store, log, Shard(n)).position));
    std::set<Stream> streams = streams_of(a);
    streams.merge(streams_of(b));
    std::vector<Views::Difference> differences;
    for (const Stream& stream : streams) {
        if (codec.registry().kind_of(stream) == nullptr) continue;
        const Position position = both[log::shard_of(log, stream).value()];
        const history::Reading in_a = a.reader.as_of(stream, position);
        const history::Reading in_b = b.reader.as_of(stream, position);
        if (in_a.ordinal == 0 && in_b.ordinal == 0) continue;
        if (in_a.ordinal == 0 || in_b.ordinal == 0) {
            differences.push_back({stream, {}});
            continue;
        }
        std::vector<std::string> paths = paths_between(*in_a.state, *in_b.state);
        if (!paths.empty()) differences.push_back({stream, std::move(paths)});
    }
    return differences;
}

}  // namespace skein::projections
