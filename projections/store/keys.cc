#include "projections/store/keys.h"

#include <algorithm>

#include "engine/base/bytes.h"

namespace skein::projections::store {

namespace {

constexpr char kEnd = '\0';
constexpr std::size_t kReservedHead = 5;  // reserved shard and kind

std::string reserved_key(KeyKind kind, std::string_view rest) {
    std::string key;
    key.reserve(kReservedHead + rest.size());
    put_u32_be(key, kReservedShard);
    put_u8(key, static_cast<std::uint8_t>(kind));
    key.append(rest);
    return key;
}

// Fills in kind, suffix and ordinal from what follows the kind's number.
bool read_rest(std::string_view rest, RowPlace& place, std::string& stream) {
    switch (place.kind) {
        case KeyKind::kHead: stream.append(rest); return true;
        case KeyKind::kDelta:
        case KeyKind::kVersion: {
            const std::size_t end = rest.find(kEnd);
            if (end == std::string_view::npos) return false;
            stream.append(rest.substr(0, end));
            ByteReader reader(rest.substr(end + 1));
            place.ordinal = reader.u64_be();
            if (place.kind == KeyKind::kVersion) return reader.done();
            place.ordinal = ~place.ordinal;
            if (reader.rest().size() != sizeof(std::uint32_t)) return reader.done();
            place.kind = KeyKind::kKeyframe;
            return reader.ok();
        }
        case KeyKind::kTimeline: {
            ByteReader reader(rest);
            place.ordinal = reader.u64_be();
            return reader.done();
        }
        case KeyKind::kChunk: return true;
        case KeyKind::kKeyframe:
        case KeyKind::kParked:
        case KeyKind::kIndex:
        case KeyKind::kCheckpoint: return false;
    }
    return false;
}

}  // namespace

DocumentKeys::DocumentKeys(Shard shard, const Stream& stream)
    : shard_(shard), stream_(stream.str()), scope_size_(scope_of(stream).str().size()) {}

std::string DocumentKeys::head() const {
    return scope_key(shard_, scope(), KeyKind::kHead, suffix());
}

std::string DocumentKeys::delta(std::uint64_t ordinal) const {
    std::string key = scope_key(shard_, scope(), KeyKind::kDelta, suffix());
    key.push_back(kEnd);
    put_u64_be(key, ~ordinal);
    return key;
}

std::string DocumentKeys::keyframe(std::uint64_t ordinal, std::uint32_t row) const {
    std::string key = delta(ordinal);
    put_u32_be(key, row);
    return key;
}

HistoryPlace DocumentKeys::history_place(std::string_view key) const {
    constexpr std::size_t kAround = 4 + 1 + 1 + 1;  // shard, NUL, kind, NUL
    ByteReader reader(key.substr(std::min(key.size(), stream_.size() + kAround)));
    HistoryPlace place;
    place.ordinal = ~reader.u64_be();
    if (!reader.done()) place.row = HistoryPlace::Row::kKeyframe;
    return place;
}

std::string DocumentKeys::version(Version version) const {
    std::string key = scope_key(shard_, scope(), KeyKind::kVersion, suffix());
    key.push_back(kEnd);
    put_u64_be(key, version.value());
    return key;
}

std::string scope_key(Shard shard, std::string_view scope, KeyKind kind, std::string_view rest) {
    std::string key;
    key.reserve(4 + scope.size() + 2 + rest.size() + 16);
    put_u32_be(key, static_cast<std::uint32_t>(shard.value()));
    key.append(scope);
    key.push_back(kEnd);
    put_u8(key, static_cast<std::uint8_t>(kind));
    key.append(rest);
    return key;
}

std::string timeline_key(Shard shard, std::string_view scope, Position position) {
    std::string key = scope_key(shard, scope, KeyKind::kTimeline, {});
    put_u64_be(key, position.value());
    return key;
}

KeyRange scope_range(Shard shard, std::string_view scope) {
    KeyRange range;
    put_u32_be(range.from, static_cast<std::uint32_t>(shard.value()));
    range.from.append(scope);
    range.to = range.from;
    range.from.push_back(kEnd);
    range.to.push_back('\1');
    return range;
}

std::string checkpoint_key(Shard shard) {
    std::string rest;
    put_u32_be(rest, static_cast<std::uint32_t>(shard.value()));
    return reserved_key(KeyKind::kCheckpoint, rest);
}

std::string parked_key(const Stream& stream) {
    return reserved_key(KeyKind::kParked, stream.str());
}

std::string index_key(std::string_view kind, std::string_view stream) {
    std::string rest(kind);
    rest.push_back(kEnd);
    rest.append(stream);
    return reserved_key(KeyKind::kIndex, rest);
}

KeyRange reserved_range(KeyKind kind) {
    KeyRange range{reserved_key(kind, {}), {}};
    put_u32_be(range.to, kReservedShard);
    put_u8(range.to, static_cast<std::uint8_t>(static_cast<std::uint8_t>(kind) + 1));
    return range;
}

std::optional<std::uint64_t> position_of_timeline(std::string_view key) {
    if (key.size() < 8) return std::nullopt;
    ByteReader reader(key.substr(key.size() - 8));
    return reader.u64_be();
}

std::optional<RowPlace> place_of_row(std::string_view key) {
    ByteReader reader(key);
    const std::uint32_t shard = reader.u32_be();
    if (!reader.ok() || shard == kReservedShard) return std::nullopt;
    const std::string_view rest = reader.rest();
    const std::size_t end = rest.find(kEnd);
    if (end == std::string_view::npos || end + 1 >= rest.size()) return std::nullopt;
    RowPlace place;
    place.kind = static_cast<KeyKind>(rest[end + 1]);
    place.shard = Shard(shard);
    std::string stream(rest.substr(0, end));
    if (!read_rest(rest.substr(end + 2), place, stream)) return std::nullopt;
    place.stream = Stream(std::move(stream));
    return place;
}

std::optional<Stream> stream_of_reserved(std::string_view key) {
    if (key.size() < kReservedHead) return std::nullopt;
    std::string_view rest = key.substr(kReservedHead);
    if (static_cast<KeyKind>(key[kReservedHead - 1]) == KeyKind::kIndex) {
        const std::size_t end = rest.find(kEnd);
        if (end == std::string_view::npos) return std::nullopt;
        rest.remove_prefix(end + 1);
    }
    return Stream(std::string(rest));
}

}  // namespace skein::projections::store
