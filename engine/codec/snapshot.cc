#include "engine/codec/snapshot.h"

#include <fmt/format.h>
#include <zstd.h>

#include "engine/base/check.h"
#include "engine/codec/aligned_copy.h"
#include "engine/codec/payload_builder.h"
#include "engine/codec/payload_reader.h"
#include "skein_schemas/snapshot_generated.h"

namespace skein::codec {

namespace {

constexpr char kIdentifier[] = "SKSN";
constexpr int kZstdLevel = 3;
constexpr std::size_t kSliceBytes = 256U << 10;        // large enough to compress well
constexpr std::size_t kSnapshotBytesMax = 1ULL << 30;  // FlatBuffers end at 2 GiB
// What a snapshot may unpack to: a few variables of their own limit of 64 MiB in one slice, and
// some of such slices, so that a forged size cannot ask for all memory.
constexpr std::size_t kSliceRawBytesMax = 256ULL << 20;
constexpr std::size_t kRawBytesMax = 2ULL << 30;

Offset<fbs::SnapshotSlice> put_slice(Builder& builder, const std::string& raw) {
    std::string packed(ZSTD_compressBound(raw.size()), '\0');
    const std::size_t size =
        ZSTD_compress(packed.data(), packed.size(), raw.data(), raw.size(), kZstdLevel);
    SKEIN_CHECK(ZSTD_isError(size) == 0, "zstd: {}", ZSTD_getErrorName(size));
    const auto bytes =
        builder.CreateVector(reinterpret_cast<const std::uint8_t*>(packed.data()), size);
    return fbs::CreateSnapshotSlice(builder, static_cast<std::uint32_t>(raw.size()), bytes);
}

Result<std::string, CodecError> unpack(const fbs::SnapshotSlice& slice) {
    const std::size_t raw_bytes = slice.raw_bytes();
    const auto* packed = slice.zstd();
    if (raw_bytes > kSliceRawBytesMax)
        return fail(CodecError{fmt::format("snapshot: a slice of {} bytes, at most {} are taken",
                                           raw_bytes, kSliceRawBytesMax)});
    if (ZSTD_getFrameContentSize(packed->data(), packed->size()) != raw_bytes)
        return fail(CodecError{"snapshot: a slice is damaged, or not of the size it says"});
    std::string raw(raw_bytes, '\0');
    const std::size_t size =
        ZSTD_decompress(raw.data(), raw.size(), packed->data(), packed->size());
    if (ZSTD_isError(size) != 0 || size != raw_bytes)
        return fail(CodecError{"snapshot: a slice does not unpack"});
    return raw;
}

std::string_view view_of(const flatbuffers::String& text) { return {text.c_str(), text.size()}; }

Result<std::shared_ptr<domain::State>, CodecError> fresh_state(const fbs::Snapshot& snapshot,
                                                               const Codec& codec) {
    const std::string_view name = view_of(*snapshot.kind());
    if (!codec.knows_kind(name))
        return fail(CodecError{"snapshot: of a kind that is not known here"});
    if (snapshot.state_version() != codec.kind_codec(name).state_version)
        return fail(CodecError{fmt::format("snapshot: state version {}, this program knows {}",
                                           snapshot.state_version(),
                                           codec.kind_codec(name).state_version)});
    const domain::Kind* kind = codec.registry().find_kind(name);
    if (!is_stream_of(view_of(*snapshot.stream()), kind->segments))
        return fail(CodecError{"snapshot: its stream is not of its kind"});
    return kind->make_state(Stream(snapshot.stream()->str()));
}

std::optional<CodecError> load_slices(const fbs::Snapshot& snapshot, domain::State& state,
                                      const Codec& codec) {
    const KindCodec& kind = codec.kind_codec(view_of(*snapshot.kind()));
    std::size_t total = 0;
    for (const fbs::SnapshotSlice* slice : *snapshot.slices()) {
        total += slice->raw_bytes();
        if (total > kRawBytesMax) return CodecError{"snapshot: it unpacks to more than is taken"};
        const auto raw = unpack(*slice);
        if (!raw) return raw.error();
        if (auto problem = kind.load(state, *raw, nullptr)) return problem;
    }
    return std::nullopt;
}

bool is_mark_of(const domain::Mark& mark, const fbs::Snapshot& snapshot) {
    return mark.version.value() == snapshot.version() && mark.shard.value() == snapshot.shard() &&
           mark.position.value() == snapshot.position() &&
           mark.recorded_at.us == snapshot.recorded_at() &&
           mark.event_id == uuid_of(*snapshot.event_id());
}

}  // namespace

std::string encode_snapshot(std::shared_ptr<const domain::State> state, const Codec& codec) {
    const domain::Kind* kind = codec.registry().kind_of(state->stream());
    SKEIN_CHECK(kind != nullptr, "no kind has streams like {}", state->stream().str());
    const KindCodec& kind_codec = codec.kind_codec(kind->name);
    Builder builder(kSliceBytes);
    std::vector<Offset<fbs::SnapshotSlice>> offsets;
    const auto slicer = kind_codec.slice(state, nullptr);
    for (std::string raw; slicer->next(raw, kSliceBytes); raw.clear())
        offsets.push_back(put_slice(builder, raw));
    const auto slices = builder.CreateVector(offsets);
    const auto kind_name = put_name(builder, kind->name);
    const auto stream = put_name(builder, state->stream().str());
    const domain::Mark& mark = state->mark();
    const fbs::Uuid event_id = put_uuid(mark.event_id);
    const json::Digest digest = state->digest();
    const fbs::Digest digest_field(digest.low, digest.high);
    const auto root = fbs::CreateSnapshot(
        builder, kind_name, kind_codec.state_version, stream, mark.version.value(),
        static_cast<std::uint32_t>(mark.shard.value()), mark.position.value(), mark.recorded_at.us,
        &event_id, &digest_field, slices);
    return finish(builder, root, kIdentifier);
}

Result<std::shared_ptr<domain::State>, CodecError> decode_snapshot(std::string_view bytes,
                                                                   const Codec& codec) {
    if (bytes.size() > kSnapshotBytesMax)
        return fail(CodecError{fmt::format("a snapshot of {} bytes, at most {} are taken",
                                           bytes.size(), kSnapshotBytesMax)});
    if (!is_whole(bytes)) return fail(CodecError{"the snapshot is cut short"});
    const auto* snapshot =
        verified_root<fbs::Snapshot>(aligned(bytes, CopyOf::kOuter), kIdentifier);
    if (snapshot == nullptr) return fail(CodecError{"the snapshot is not sound"});
    auto state = fresh_state(*snapshot, codec);
    if (!state) return state;
    if (auto problem = load_slices(*snapshot, **state, codec)) return fail(std::move(*problem));
    if (!is_mark_of((*state)->mark(), *snapshot))
        return fail(CodecError{"snapshot: it ends at another event than it says"});
    const json::Digest expected{snapshot->digest()->low(), snapshot->digest()->high()};
    const json::Digest found = (*state)->digest();
    if (found != expected)
        return fail(CodecError{fmt::format("snapshot: its state has the digest {}, it says {}",
                                           found.hex(), expected.hex())});
    return state;
}

}  // namespace skein::codec
