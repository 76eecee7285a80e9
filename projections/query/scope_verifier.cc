#include "projections/query/scope_verifier.h"

#include <fmt/format.h>

#include <algorithm>

#include "projections/core/projector.h"
#include "projections/store/row_checksum.h"

namespace skein::projections {

// States of the scope by the fold, counting what a view has to read for them.
class ScopeVerifier::Past final : public domain::Past {
 public:
    explicit Past(const Parts& parts) : parts_(parts) {}

    std::shared_ptr<const domain::State> at(const Stream& stream, Version version) const override {
        const store::ViewStore& rows = *parts_.generation.store;
        const std::string parked_key = store::parked_key(stream);
        const FoundRow parked = find_row(rows, parked_key);
        if (parked.state == RowState::kSound &&
            store::read_parked(parked_key, parked.value).version <= version)
            throw Fault(FaultKind::kCorruption,
                        fmt::format("{} has no version {}", stream.str(), version.value()));
        if (seen_.emplace(stream, version).second) reads_ += 1 + reads_of(stream, version);
        return parts_.fold.at(stream, version);
    }

    std::uint64_t reads() const { return reads_; }

 private:
    // As the delta of that version says; it is compared when its own turn comes.
    std::uint64_t reads_of(const Stream& stream, Version version) const {
        const store::DocumentKeys keys = parts_.generation.reader.keys_of(stream);
        const domain::Kind* kind = parts_.generation.reader.kind_of(stream);
        std::uint64_t ordinal = version.value();
        if (kind != nullptr && kind->basis == domain::DocumentBasis::kScope)
            ordinal = parts_.log.position_of(stream, version).value_or(Position()).value();
        const std::string key = keys.delta(ordinal);
        const FoundRow row = find_row(*parts_.generation.store, key);
        if (row.state != RowState::kSound) return 0;
        try {
            return store::read_delta(key, row.value, ordinal).past_reads;
        } catch (const store::ViewDamage&) {
            return 0;
        }
    }

    const Parts& parts_;
    mutable std::set<std::pair<Stream, Version>> seen_;
    mutable std::uint64_t reads_ = 0;
};

ScopeVerifier::ScopeVerifier(const Parts& parts, const Scope& scope, Position applied)
    : parts_(parts),
      scope_(scope),
      shard_(skein::shard_of(scope, parts.log.shard_count())),
      applied_(applied),
      document_(scope.str()),
      has_document_([&] {
          const domain::Kind* kind = parts.codec.registry().kind_of(Stream(scope.str()));
          return kind != nullptr && kind->basis == domain::DocumentBasis::kScope;
      }()) {}

void ScopeVerifier::run(const std::optional<Stream>& only) {
    const bool is_whole = !only || *only == document_;
    if (is_whole) {
        parts_.log.scan_streams(scope_, Stream(), [this](const Stream& stream, Version) {
            if (!has_document_ || stream != document_) check_stream(stream);
            return true;
        });
        if (has_document_) check_scope_document();
    } else {
        check_stream(*only);
    }
    check_counts(only && !is_whole ? only : std::nullopt);
}

// Folds one event into `state`, as the projector does, or says why it refuses to.
std::optional<core::Refusal> ScopeVerifier::fold(const log::EventView& view,
                                                 const codec::DecodedEvent& decoded,
                                                 domain::State& state, std::uint64_t& past_reads) {
    const domain::EventMeta& meta = decoded.event.meta;
    if (meta.shard != view.shard || meta.position != view.position)
        return core::Refusal{"undecodable", "it says another shard or position"};
    if (meta.version != state.version().next())
        return core::Refusal{
            "version-gap",
            fmt::format("version {} follows {}", meta.version.value(), state.version().value())};
    try {
        const Past past(parts_);
        state.apply(decoded.event, past);
        past_reads = past.reads();
    } catch (const Fault& fault) {
        if (fault.kind() == FaultKind::kUnavailable) throw;
        return core::Refusal{"refused", fault.what()};
    }
    return std::nullopt;
}

void ScopeVerifier::check_stream(const Stream& stream) {
    const domain::Kind* kind = parts_.codec.registry().kind_of(stream);
    std::optional<store::ParkedRow> parked;
    std::shared_ptr<domain::State> state;
    std::optional<DocumentVerifier> document;
    if (kind != nullptr) {
        state = parts_.codec.registry().make_state(stream);
        document.emplace(DocumentVerifier::Parts{parts_.generation, parts_.codec, parts_.chunks,
                                                 parts_.findings},
                         stream);
    }
    auto next = DocumentVerifier::Next::kElsewhere;
    parts_.log.scan_stream(stream, Version(0), [&](const log::EventView& view) {
        if (view.position == applied_.next()) next = DocumentVerifier::Next::kHere;
        if (view.position > applied_) return false;
        const auto decoded = codec::decode_event(view.bytes, parts_.codec);
        if (!decoded) {
            const auto head = codec::decode_head(view.bytes);
            if (!head) return true;  // parked under no stream: nobody knows whose it is
            parked = core::parked_row(view, head->version, {"undecodable", decoded.error().what});
            return false;
        }
        const domain::EventMeta& meta = decoded->event.meta;
        if (kind == nullptr) {
            parked = core::parked_row(
                view, meta.version,
                {"unknown-kind", fmt::format("no kind has the stream {}", stream.str())});
            return false;
        }
        std::uint64_t past_reads = 0;
        if (const auto refusal = fold(view, *decoded, *state, past_reads)) {
            parked = core::parked_row(view, meta.version, *refusal);
            return false;
        }
        const core::Incoming incoming{decoded->event, decoded->type_version, decoded->payload};
        document->folded({incoming, *state, past_reads, history::Origin::kOwn});
        if (!has_document_) return true;
        expect_timeline(meta);
        if (decoded->event.body->listed_status()) listed_.push_back(view.position);
        return true;
    });
    expect_parked(stream, parked);
    if (!document) return;
    // A refused event may have left its state half changed.
    if (parked && document->deltas() > 0)
        state = parts_.fold.at(stream, Version(document->deltas()))->clone();
    document->finish(*state, next);
    expected_.deltas += document->deltas();
    expected_.heads += document->deltas() > 0 ? 1 : 0;
}

std::optional<codec::DecodedEvent> ScopeVerifier::decode_at(Position position,
                                                            std::string& bytes) const {
    auto stored = parts_.log.read(shard_, position);
    if (!stored) return std::nullopt;
    bytes = std::move(stored->bytes);
    auto decoded = codec::decode_event(bytes, parts_.codec);
    if (!decoded) return std::nullopt;
    return std::move(*decoded);
}

// Its own events and those that it lists, in the order of their positions.
void ScopeVerifier::check_scope_document() {
    std::vector<Position> own;
    auto next_event = DocumentVerifier::Next::kElsewhere;
    parts_.log.scan_stream(document_, Version(0), [&](const log::EventView& view) {
        if (view.position == applied_.next()) next_event = DocumentVerifier::Next::kHere;
        if (view.position > applied_) return false;
        own.push_back(view.position);
        return true;
    });
    std::vector<Position> all(std::move(listed_));
    all.insert(all.end(), own.begin(), own.end());
    std::sort(all.begin(), all.end());
    std::optional<store::ParkedRow> parked;
    std::shared_ptr<domain::State> state = parts_.codec.registry().make_state(document_);
    DocumentVerifier document({parts_.generation, parts_.codec, parts_.chunks, parts_.findings},
                              document_);
    std::string bytes;
    for (const Position position : all) {
        const bool is_own = std::binary_search(own.begin(), own.end(), position);
        if (is_own && parked) continue;
        const auto decoded = decode_at(position, bytes);
        const log::EventView view{shard_, position, bytes, {}};
        if (!decoded) {
            const auto head = codec::decode_head(bytes);
            const auto again = codec::decode_event(bytes, parts_.codec);
            if (head && !again)
                parked = core::parked_row(view, head->version, {"undecodable", again.error().what});
            continue;
        }
        std::uint64_t past_reads = 0;
        const core::Incoming incoming{decoded->event, decoded->type_version, decoded->payload};
        if (!is_own) {
            state->observe(decoded->event);
            document.folded({incoming, *state, 0, history::Origin::kObserved});
            continue;
        }
        std::shared_ptr<domain::State> next = state->clone();
        if (const auto refusal = fold(view, *decoded, *next, past_reads)) {
            parked = core::parked_row(view, decoded->event.meta.version, *refusal);
            continue;
        }
        state = std::move(next);
        document.folded({incoming, *state, past_reads, history::Origin::kOwn});
        expect_timeline(decoded->event.meta);
        ++expected_.versions;
    }
    expect_parked(document_, parked);
    document.finish(*state, next_event);
    expected_.deltas += document.deltas();
    expected_.heads += document.deltas() > 0 ? 1 : 0;
}

void ScopeVerifier::expect_timeline(const domain::EventMeta& meta) {
    ++expected_.timeline;
    Views::RowFailure failure{document_, "timeline",   "timeline row", {},
                              shard_,    meta.version, meta.position};
    if (meta.stream != document_) failure.expected += " of an event of " + meta.stream.str();
    expect_row(*parts_.generation.store, store::timeline_key(shard_, scope_.str(), meta.position),
               store::write_timeline({meta.recorded_at, meta.event_id}), std::move(failure),
               parts_.findings);
}

// Whether an operator took it off the list is no business of the log.
void ScopeVerifier::expect_parked(const Stream& stream,
                                  const std::optional<store::ParkedRow>& expected) {
    const std::string key = store::parked_key(stream);
    const FoundRow found = find_row(*parts_.generation.store, key);
    if (found.state == RowState::kBroken) return;
    if (!expected && found.state == RowState::kMissing) return;
    Views::RowFailure failure{stream, "parked", "parked row", {}, shard_, {}, {}};
    if (!expected) {
        failure.expected = "no parked row, for all its events fold";
        failure.found = "one";
        return parts_.findings.add(std::move(failure));
    }
    failure.version = expected->version;
    failure.position = expected->position;
    store::ParkedRow row = *expected;
    row.state = store::ParkedState::kDropped;
    if (found.value != store::write_parked(row)) row.state = store::ParkedState::kWaiting;
    expect_row(*parts_.generation.store, key, store::write_parked(row), std::move(failure),
               parts_.findings);
}

// All rows that the log gives stand there by now, or are reported: what is left are rows too many.
void ScopeVerifier::check_counts(const std::optional<Stream>& only) {
    Counts found;
    const store::KeyRange range = store::scope_range(shard_, scope_.str());
    const auto each = [&](const std::function<bool(const store::RowPlace&)>& visit) {
        parts_.generation.store->check_rows(range.from, range.to, [&](std::string_view key, bool) {
            const auto place = store::place_of_row(key);
            return !place || (only && place->stream != *only) || visit(*place);
        });
    };
    each([&](const store::RowPlace& place) {
        found.heads += place.kind == store::KeyKind::kHead ? 1 : 0;
        found.deltas += place.kind == store::KeyKind::kDelta ? 1 : 0;
        found.timeline += place.kind == store::KeyKind::kTimeline ? 1 : 0;
        found.versions += place.kind == store::KeyKind::kVersion ? 1 : 0;
        return true;
    });
    if (found == expected_) return;
    bool is_named = found.heads <= expected_.heads && found.deltas <= expected_.deltas &&
                    found.timeline <= expected_.timeline && found.versions <= expected_.versions;
    each([&](const store::RowPlace& place) {
        if (is_expected(place)) return true;
        is_named = true;
        parts_.findings.add(
            {place.stream, "surplus", "no such row",
             fmt::format("kind {} ordinal {}", static_cast<int>(place.kind), place.ordinal), shard_,
             Version(), Position()});
        return true;
    });
    if (is_named) return;
    parts_.findings.add({only.value_or(document_), "surplus", "as many rows as the log gives",
                         "more rows", shard_, Version(), Position()});
}

std::uint64_t ScopeVerifier::last_ordinal(const Stream& stream) const {
    const std::string key = parts_.generation.reader.keys_of(stream).head();
    const FoundRow row = find_row(*parts_.generation.store, key);
    if (row.state != RowState::kSound) return 0;
    try {
        return store::read_head(key, row.value).ordinal;
    } catch (const store::ViewDamage&) {
        return 0;
    }
}

// Asks the log, and the head row, about one row.
bool ScopeVerifier::is_expected(const store::RowPlace& place) const {
    const auto lists = [&](Position position) {
        std::string bytes;
        const auto decoded = decode_at(position, bytes);
        if (!decoded || scope_of(decoded->event.meta.stream) != scope_) return false;
        return place.kind == store::KeyKind::kTimeline ||
               decoded->event.meta.stream == place.stream ||
               decoded->event.body->listed_status().has_value();
    };
    const std::uint64_t head = parts_.log.stream_head(place.stream).value();
    switch (place.kind) {
        case store::KeyKind::kHead: return head > 0;
        case store::KeyKind::kTimeline: return lists(Position(place.ordinal));
        case store::KeyKind::kVersion:
            return has_document_ && place.stream == document_ && place.ordinal > 0 &&
                   place.ordinal <= head;
        case store::KeyKind::kDelta:
            if (has_document_ && place.stream == document_) return lists(Position(place.ordinal));
            return place.ordinal > 0 && place.ordinal <= last_ordinal(place.stream);
        case store::KeyKind::kKeyframe:
        case store::KeyKind::kChunk:
        case store::KeyKind::kParked:
        case store::KeyKind::kIndex:
        case store::KeyKind::kCheckpoint: return true;
    }
    return true;
}

}  // namespace skein::projections
