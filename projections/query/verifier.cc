#include "projections/query/verifier.h"

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "projections/core/checkpoints.h"
#include "projections/query/scope_verifier.h"
#include "projections/store/row_checksum.h"

namespace skein::projections {

namespace {

using store::KeyKind;

constexpr std::uint64_t kRowsBetween = 1000;  // some milliseconds

// The stream that a row belongs to, for reports; that of its scope where it has none.
Stream stream_of_row(std::string_view key) {
    if (const auto place = store::place_of_row(key)) return place->stream;
    return store::stream_of_reserved(key).value_or(Stream());
}

// The key of a place, to see that nothing else stands in a key.
std::string key_of(const store::RowPlace& place, std::string_view key) {
    const store::DocumentKeys keys(place.shard, place.stream);
    switch (place.kind) {
        case KeyKind::kHead: return keys.head();
        case KeyKind::kDelta: return keys.delta(place.ordinal);
        case KeyKind::kVersion: return keys.version(Version(place.ordinal));
        case KeyKind::kTimeline:
            return store::timeline_key(place.shard, keys.scope(), Position(place.ordinal));
        case KeyKind::kKeyframe: {
            ByteReader row(key.size() < 4 ? key : key.substr(key.size() - 4));
            return keys.keyframe(place.ordinal, row.u32_be());
        }
        case KeyKind::kChunk:
        case KeyKind::kParked:
        case KeyKind::kIndex:
        case KeyKind::kCheckpoint: return std::string(key);
    }
    return {};
}

KeyKind reserved_kind(std::string_view key) {
    return key.size() < 5 ? KeyKind{} : static_cast<KeyKind>(key[4]);
}

}  // namespace

std::vector<Views::RowFailure> Verifier::run(const Request& request) {
    RowFindings findings(request.progress, request.only);
    last_known_ = {};
    last_scope_ = {};
    check_rows(request, findings);
    check_scopes(request, findings);
    return findings.take();
}

Position Verifier::applied(Shard shard) const {
    try {
        return core::load_checkpoint(*generation_.store, log_, shard).position;
    } catch (const store::ViewDamage&) {
        return {};
    }
}

void Verifier::check_scopes(const Request& request, RowFindings& findings) {
    const replay::LogStates fold(log_, codec_, replay::Snapshots::kIgnore);
    history::KnownChunks chunks;
    const auto check = [&](const Scope& scope, const std::optional<Stream>& only) {
        const Position known = applied(skein::shard_of(scope, log_.shard_count()));
        ScopeVerifier({generation_, log_, codec_, fold, chunks, findings}, scope, known).run(only);
        if (request.between) request.between();
    };
    for (std::uint32_t shard = 0; !request.only && shard < log_.shard_count(); ++shard)
        check_checkpoint(Shard(shard), findings);
    if (request.only) return check(scope_of(*request.only), request.only);
    log_.scan_streams(Scope(), Stream(), [&](const Stream& stream, Version) {
        if (is_first_of_scope(stream)) check(scope_of(stream), std::nullopt);
        return true;
    });
}

// By name, streams of another scope may stand between those of one.
bool Verifier::is_first_of_scope(const Stream& stream) {
    const Scope scope = scope_of(stream);
    if (scope == last_scope_) return false;
    last_scope_ = scope;
    if (stream.str() == scope.str()) return true;
    if (log_.stream_head(Stream(scope.str())).value() > 0) return false;
    Stream first;
    log_.scan_streams(scope, Stream(), [&first](const Stream& each, Version) {
        first = each;
        return false;
    });
    return first == stream;
}

// Every row by itself, whatever the log holds of its scope.
void Verifier::check_rows(const Request& request, RowFindings& findings) {
    const std::optional<Stream>& only = request.only;
    std::uint64_t visited = 0;
    const auto visit = [&](std::string_view key, bool is_sound) {
        if (!only || stream_of_row(key) == *only) check_row(key, is_sound, findings);
        if (++visited % kRowsBetween == 0 && request.between) request.between();
        return true;
    };
    try {
        if (!only) return generation_.store->check_rows({}, {}, visit);
        const store::KeyRange range =
            store::scope_range(log::shard_of(log_, *only), scope_of(*only).str());
        generation_.store->check_rows(range.from, range.to, visit);
        std::string reserved;
        put_u32_be(reserved, store::kReservedShard);
        generation_.store->check_rows(reserved, {}, visit);
    } catch (const store::ViewDamage& damage) {
        findings.add({Stream(), "store", "blocks that can be read", damage.what(), {}, {}, {}});
    }
}

void Verifier::check_row(std::string_view key, bool is_sound, RowFindings& findings) {
    findings.tick();
    Views::RowFailure failure{
        stream_of_row(key), "row checksum", "", store::show_key(key), {}, {}, {}};
    if (const auto place = store::place_of_row(key)) failure.shard = place->shard;
    if (!is_sound) {
        failure.expected = "a row that was not changed";
        return findings.add(std::move(failure));
    }
    const bool is_reserved_row = !store::place_of_row(key).has_value();
    if (is_reserved_row ? is_reserved(key) : is_ours(key, findings)) return;
    failure.what = "surplus";
    failure.expected = "no such row";
    findings.add(std::move(failure));
}

// Streams come in order, so one answer serves many rows.
bool Verifier::is_known(const Stream& stream) {
    if (stream == last_known_) return true;
    if (log_.stream_head(stream).value() == 0) return false;
    last_known_ = stream;
    return true;
}

// Whether a row of a scope is one that the log can give; a chunk is looked into.
bool Verifier::is_ours(std::string_view key, RowFindings& findings) {
    const store::RowPlace place = *store::place_of_row(key);
    if (skein::shard_of(scope_of(place.stream), log_.shard_count()) != place.shard ||
        key_of(place, key) != key)
        return false;
    if (place.kind == KeyKind::kTimeline) return true;  // counted with its scope, if there is one
    if (place.kind != KeyKind::kChunk) return is_known(place.stream);
    const FoundRow row = find_row(*generation_.store, std::string(key));
    const auto hash = blake2b_128(row.value);
    const std::string_view id(reinterpret_cast<const char*>(hash.data()), hash.size());
    if (row.state != RowState::kSound || key.ends_with(id)) return true;
    findings.add({place.stream, "chunk", "the bytes that its key is the hash of",
                  fmt::format("{} bytes with hash {}", row.value.size(), to_hex(id)), place.shard,
                  Version(), Position()});
    return true;
}

// The rows beside scopes: of the list, of what is parked, of how far the shards are.
bool Verifier::is_reserved(std::string_view key) {
    const auto stream = store::stream_of_reserved(key);
    switch (reserved_kind(key)) {
        case KeyKind::kIndex: {
            const domain::Kind* kind = stream ? codec_.registry().kind_of(*stream) : nullptr;
            if (kind == nullptr || store::index_key(kind->name, stream->str()) != key) return false;
            const std::string head = generation_.reader.keys_of(*stream).head();
            const FoundRow row = find_row(*generation_.store, std::string(key));
            return is_known(*stream) && row.value.empty() &&
                   find_row(*generation_.store, head).state != RowState::kMissing;
        }
        case KeyKind::kParked: return stream && (stream->empty() || is_known(*stream));
        case KeyKind::kCheckpoint: {
            ByteReader number(key.substr(5));
            const std::uint32_t shard = number.u32_be();
            return number.done() && shard < log_.shard_count();
        }
        case KeyKind::kHead:
        case KeyKind::kDelta:
        case KeyKind::kKeyframe:
        case KeyKind::kChunk:
        case KeyKind::kTimeline:
        case KeyKind::kVersion: return false;
    }
    return false;
}

void Verifier::check_checkpoint(Shard shard, RowFindings& findings) {
    const std::string key = store::checkpoint_key(shard);
    Views::RowFailure failure{
        Stream(), "checkpoint", fmt::format("checkpoint of shard {}", shard.value()), {}, shard, {},
        {}};
    const FoundRow found = find_row(*generation_.store, key);
    if (found.state == RowState::kBroken) return;
    if (found.state == RowState::kMissing) return;  // nothing is applied, so nothing may stand
    store::CheckpointRow row;
    try {
        row = store::read_checkpoint(key, found.value);
    } catch (const store::ViewDamage& damage) {
        failure.found = damage.what();
        return findings.add(std::move(failure));
    }
    const core::Identity identity = core::identity_of(log_, codec_);
    store::CheckpointRow expected = row;
    expected.projection = identity.projection;
    expected.incarnation = identity.incarnation;
    failure.position = row.position;
    const auto event = log_.read(shard, row.position);
    if (!event) {
        failure.found =
            fmt::format("position {}, which the log does not have", row.position.value());
        return findings.add(std::move(failure));
    }
    expected.hash = event->hash;
    expect_row(*generation_.store, key, store::write_checkpoint(expected), std::move(failure),
               findings);
}

}  // namespace skein::projections
