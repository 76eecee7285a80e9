#include "projections/store/rows.h"

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "projections/store/row_checksum.h"
#include "projections/store/view_store.h"

namespace skein::projections::store {

namespace {

// About what rows take, so that their text is not moved while it grows.
constexpr std::size_t kHeadBytes = 96;
constexpr std::size_t kDeltaFrameBytes = 128;

enum DeltaFlags : std::uint8_t { kObserved = 1, kElsewhere = 2, kOccurredAt = 4 };

void must_fit(bool fits, std::string_view key) {
    if (!fits) throw ViewDamage(fmt::format("a row does not decode: {}", show_key(key)));
}

Uuid read_uuid(ByteReader& reader) {
    const std::optional<Uuid> id = Uuid::from_bytes(reader.raw(16));
    if (id) return *id;
    reader.fail();
    return {};
}

void put_digest(std::string& out, const json::Digest& digest) {
    put_u64_le(out, digest.low);
    put_u64_le(out, digest.high);
}

json::Digest read_digest(ByteReader& reader) {
    json::Digest digest;
    digest.low = reader.u64_le();
    digest.high = reader.u64_le();
    return digest;
}

}  // namespace

std::string write_head(const HeadRow& row) {
    std::string out;
    out.reserve(kHeadBytes);
    put_varint(out, row.mark.version.value());
    put_varint(out, row.mark.shard.value());
    put_varint(out, row.mark.position.value());
    put_varint_signed(out, row.mark.recorded_at.us);
    out.append(row.mark.event_id.view());
    put_digest(out, row.digest);
    put_varint(out, row.ordinal);
    put_varint(out, row.base);
    put_varint(out, row.delta_bytes);
    put_varint(out, row.state_bytes);
    put_varint(out, row.past_reads);
    put_string(out, row.listed);
    return out;
}

HeadRow read_head(std::string_view key, std::string_view value) {
    ByteReader reader(value);
    HeadRow row;
    row.mark.version = Version(reader.varint());
    row.mark.shard = Shard(reader.varint());
    row.mark.position = Position(reader.varint());
    row.mark.recorded_at.us = reader.varint_signed();
    row.mark.event_id = read_uuid(reader);
    row.digest = read_digest(reader);
    row.ordinal = reader.varint();
    row.base = reader.varint();
    row.delta_bytes = reader.varint();
    row.state_bytes = reader.varint();
    row.past_reads = reader.varint();
    row.listed = std::string(reader.string());
    must_fit(reader.done(), key);
    return row;
}

void write_delta(std::string& out, const DeltaRow& row, std::uint64_t ordinal) {
    const unsigned flags = (row.observed ? unsigned{kObserved} : 0U) |
                           (row.elsewhere ? unsigned{kElsewhere} : 0U) |
                           (row.meta.occurred_at ? unsigned{kOccurredAt} : 0U);
    out.reserve(out.size() + kDeltaFrameBytes + row.payload.size() + row.meta.actor.size());
    put_u8(out, static_cast<std::uint8_t>(flags));
    put_varint(out, ordinal - row.base);
    put_varint(out, row.past_reads);
    put_varint(out, row.meta.version.value());
    put_varint(out, row.meta.position.value());
    put_varint_signed(out, row.meta.recorded_at.us);
    out.append(row.meta.event_id.view());
    if (row.meta.occurred_at) put_varint_signed(out, row.meta.occurred_at->us);
    put_string(out, row.meta.actor);
    if (row.observed) put_string(out, row.suffix);
    put_digest(out, row.digest);
    if (row.elsewhere) return;
    put_string(out, row.type);
    put_varint(out, row.type_version);
    out.append(row.payload);
}

DeltaRow read_delta(std::string_view key, std::string_view value, std::uint64_t ordinal) {
    ByteReader reader(value);
    DeltaRow row;
    const std::uint8_t flags = reader.u8();
    row.observed = (flags & kObserved) != 0;
    row.elsewhere = (flags & kElsewhere) != 0;
    const std::uint64_t since_base = reader.varint();
    if (since_base > ordinal) reader.fail();
    row.base = ordinal - since_base;
    row.past_reads = reader.varint();
    row.meta.version = Version(reader.varint());
    row.meta.position = Position(reader.varint());
    row.meta.recorded_at.us = reader.varint_signed();
    row.meta.event_id = read_uuid(reader);
    if ((flags & kOccurredAt) != 0) row.meta.occurred_at = Timestamp{reader.varint_signed()};
    row.meta.actor = std::string(reader.string());
    if (row.observed) row.suffix = std::string(reader.string());
    row.digest = read_digest(reader);
    if (!row.elsewhere) {
        row.type = reader.string();
        row.type_version = static_cast<std::uint16_t>(reader.varint());
        row.payload = reader.rest();
    }
    must_fit(reader.ok(), key);
    return row;
}

std::string write_timeline(const TimelineRow& row) {
    std::string out;
    put_varint_signed(out, row.recorded_at.us);
    out.append(row.event_id.view());
    return out;
}

TimelineRow read_timeline(std::string_view key, std::string_view value) {
    ByteReader reader(value);
    TimelineRow row;
    row.recorded_at.us = reader.varint_signed();
    row.event_id = read_uuid(reader);
    must_fit(reader.done(), key);
    return row;
}

std::string write_checkpoint(const CheckpointRow& row) {
    std::string out;
    put_varint(out, row.projection);
    put_varint(out, row.position.value());
    out.append(row.hash.view());
    out.append(row.incarnation.view());
    put_varint(out, row.rows);
    put_varint(out, row.bytes);
    return out;
}

CheckpointRow read_checkpoint(std::string_view key, std::string_view value) {
    ByteReader reader(value);
    CheckpointRow row;
    row.projection = reader.varint();
    row.position = Position(reader.varint());
    const std::string_view hash = reader.raw(32);
    if (reader.ok()) row.hash = hash_from_bytes(hash);
    row.incarnation = read_uuid(reader);
    row.rows = reader.varint();
    row.bytes = reader.varint();
    must_fit(reader.done(), key);
    return row;
}

std::string write_parked(const ParkedRow& row) {
    std::string out;
    put_varint(out, row.id);
    put_varint(out, row.version.value());
    put_varint(out, row.shard.value());
    put_varint(out, row.position.value());
    put_u8(out, static_cast<std::uint8_t>(row.state));
    put_string(out, row.code);
    put_string(out, row.message);
    return out;
}

ParkedRow read_parked(std::string_view key, std::string_view value) {
    ByteReader reader(value);
    ParkedRow row;
    row.id = reader.varint();
    row.version = Version(reader.varint());
    row.shard = Shard(reader.varint());
    row.position = Position(reader.varint());
    row.state = reader.u8() == 0 ? ParkedState::kWaiting : ParkedState::kDropped;
    row.code = std::string(reader.string());
    row.message = std::string(reader.string());
    must_fit(reader.done(), key);
    return row;
}

}  // namespace skein::projections::store
