#include "engine/codec/slice_format.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/base/hash.h"
#include "engine/codec/payload_reader.h"
#include "engine/codec/quick_canonical.h"

namespace skein::codec {

namespace {

constexpr std::size_t kCheckBytes = 8;
constexpr std::size_t kIdBytes = 16;
constexpr std::uint8_t kWhole = 0;
constexpr std::uint8_t kInPieces = 1;
constexpr std::uint8_t kPieceById = 0;
constexpr std::uint8_t kPieceInline = 1;

}  // namespace

SliceWriter::SliceWriter(std::string& out, std::size_t bytes_max, const Start& start)
    : out_(&out), begin_(out.size()), bytes_max_(bytes_max) {
    u8(static_cast<std::uint8_t>(start.kind));
    u8(static_cast<std::uint8_t>(start.format));
    number(start.index);
    records_ = out.size();
}

void SliceWriter::finish() { put_u64_le(*out_, xxh3_64(std::string_view(*out_).substr(begin_))); }

void SliceWriter::real(double value) { put_u64_le(*out_, std::bit_cast<std::uint64_t>(value)); }

void SliceWriter::digest(const json::Digest& value) {
    put_u64_le(*out_, value.low);
    put_u64_le(*out_, value.high);
}

void SliceWriter::json(const json::Value& value) {
    put_varint(*out_, value.size_bytes());
    value.append_to(*out_);
}

void SliceWriter::mark(const domain::Mark& mark) {
    number(mark.version.value());
    number(mark.shard.value());
    number(mark.position.value());
    time(mark.recorded_at);
    bytes(mark.event_id.view());
}

void SliceWriter::value(const json::Value& value, ChunkSink* chunks) {
    const json::Value held = chunks == nullptr ? value : value.chunked();
    if (chunks == nullptr || !held.is_chunked()) {
        u8(kWhole);
        json(value);
        return;
    }
    begin_pieces(held.type());
    const std::size_t count = held.chunk_count();
    number(count);
    for (std::size_t i = 0; i < count; ++i) piece(held.chunk(i), i + 1 < count, *chunks);
}

void SliceWriter::begin_pieces(json::Type type) {
    u8(kInPieces);
    u8(type == json::Type::kString ? 's' : 'a');
}

std::size_t SliceWriter::pieces(const json::Value& chunked, std::size_t first, ChunkSink& chunks) {
    const std::size_t used = out_->size() - begin_ + cost_;
    const std::size_t room = bytes_max_ > used ? (bytes_max_ - used) / kPieceCost : 0;
    const std::size_t count = chunked.chunk_count();
    const std::size_t end = std::min(count, first + std::max(room, std::size_t{1}));
    number(end - first);
    for (std::size_t i = first; i < end; ++i) piece(chunked.chunk(i), i + 1 < count, chunks);
    return end;
}

// Only a piece that later appends never change is worth keeping by id.
void SliceWriter::piece(const json::Value::Chunk& chunk, bool is_final, ChunkSink& chunks) {
    if (is_final || chunk.bytes->size() >= json::kChunkBytes) {
        u8(kPieceById);
        bytes(chunks.put(chunk));
        cost_ += kPieceCost;
    } else {
        u8(kPieceInline);
        text(*chunk.bytes);
    }
    number(chunk.count);
}

SliceReader::SliceReader(std::string_view slice, const Expected& expected,
                         const domain::State& state, const ChunkSource* chunks)
    : chunks_(chunks) {
    if (slice.size() < kCheckBytes) {
        refuse("it is cut short");
        return;
    }
    const std::string_view content = slice.substr(0, slice.size() - kCheckBytes);
    ByteReader check(slice.substr(content.size()));
    if (check.u64_le() != xxh3_64(content)) {
        refuse("its checksum does not match its bytes");
        return;
    }
    bytes_ = ByteReader(content);
    if (u8() != static_cast<std::uint8_t>(expected.kind)) refuse("it is of another kind");
    if (u8() != expected.format) refuse("it is of a format that this version does not know");
    const std::uint64_t index = number();
    if (state.exists()) refuse("the state is complete already");
    if (index != state.mark().position.value()) refuse("slices are missing or out of order");
}

std::optional<CodecError> SliceReader::error() const {
    if (ok()) return std::nullopt;
    return CodecError{"slice of a state: " + problem_};
}

void SliceReader::refuse(std::string problem) {
    if (ok()) problem_ = std::move(problem);
}

std::string_view SliceReader::checked(std::string_view text) {
    if (!bytes_.ok()) refuse("it is cut short");
    return ok() ? text : std::string_view();
}

std::uint8_t SliceReader::peek() const {
    return bytes_.rest().empty() ? 0 : static_cast<std::uint8_t>(bytes_.rest().front());
}

std::uint8_t SliceReader::u8() {
    const std::uint8_t value = bytes_.u8();
    checked({});
    return value;
}

std::uint64_t SliceReader::number() {
    const std::uint64_t value = bytes_.varint();
    checked({});
    return ok() ? value : 0;
}

std::string SliceReader::text() {
    const std::string_view text = checked(bytes_.string());
    if (!is_text(text)) refuse("a text is not UTF-8");
    return std::string(text);
}

std::string SliceReader::id() {
    const std::string_view text = checked(bytes_.string());
    if (!is_id(text)) refuse("an id breaks the rule for ids");
    return std::string(text);
}

std::string SliceReader::key() {
    const std::string_view text = checked(bytes_.string());
    if (!is_key(text)) refuse("a key breaks the rule for keys");
    return std::string(text);
}

Timestamp SliceReader::time() {
    const std::int64_t us = bytes_.varint_signed();
    checked({});
    const std::optional<Timestamp> time = time_in_range(us);
    if (!time) refuse("a time is out of range");
    return time.value_or(Timestamp{});
}

double SliceReader::real() {
    const std::uint64_t bits = bytes_.u64_le();
    checked({});
    const double value = std::bit_cast<double>(bits);
    if (!std::isfinite(value)) refuse("an amount is not finite");
    return ok() ? value : 0;
}

json::Digest SliceReader::digest() {
    json::Digest digest;
    digest.low = bytes_.u64_le();
    digest.high = bytes_.u64_le();
    checked({});
    return digest;
}

json::Value SliceReader::json() {
    const std::string_view text = checked(bytes_.string());
    if (!is_canonical_value(text)) {
        refuse("a value is not canonical JSON");
        return {};
    }
    return json::Value::from_canonical(text);
}

domain::Mark SliceReader::mark() {
    domain::Mark mark;
    mark.version = Version(number());
    mark.shard = Shard(number());
    mark.position = Position(number());
    mark.recorded_at = time();
    const std::optional<Uuid> id = Uuid::from_bytes(checked(bytes_.raw(kIdBytes)));
    if (!id) refuse("an event id is cut short");
    mark.event_id = id.value_or(Uuid());
    return mark;
}

json::Value SliceReader::value() {
    const std::uint8_t form = u8();
    last_value_was_inline_ = form == kWhole;
    if (form == kWhole) return json();
    const std::uint8_t letter = u8();
    if (form != kInPieces || (letter != 's' && letter != 'a')) refuse("a value has no known form");
    if (!ok()) return {};
    const json::Type type = letter == 's' ? json::Type::kString : json::Type::kArray;
    std::vector<json::Value::Chunk> chunks = read_pieces(type);
    if (ok() && chunks.empty()) refuse("a value in pieces has none");
    return ok() ? json::Value::from_chunks(type, std::move(chunks)) : json::Value();
}

json::Value SliceReader::more_pieces(const json::Value& before) {
    std::vector<json::Value::Chunk> chunks = before.chunks();
    for (json::Value::Chunk& chunk : read_pieces(before.type())) chunks.push_back(std::move(chunk));
    if (ok() && !before.is_chunked()) refuse("pieces follow a value that has none");
    return ok() ? json::Value::from_chunks(before.type(), std::move(chunks)) : json::Value();
}

std::vector<json::Value::Chunk> SliceReader::read_pieces(json::Type type) {
    std::vector<json::Value::Chunk> chunks;
    const std::size_t wanted = count();
    for (std::size_t i = 0; i < wanted && ok(); ++i) chunks.push_back(read_piece(type));
    return chunks;
}

// Kept chunks are checked by their source: their id is the hash of what we wrote. A piece that
// stands here is checked here.
json::Value::Chunk SliceReader::read_piece(json::Type type) {
    json::Value::Chunk chunk;
    const std::uint8_t form = u8();
    if (form == kPieceById) {
        const std::string_view id = checked(bytes_.raw(kIdBytes));
        if (ok() && chunks_ != nullptr) chunk.bytes = chunks_->get(id);
        if (chunk.bytes == nullptr) refuse("a chunk is missing or damaged");
        chunk.count = number();
        return chunk;
    }
    if (form != kPieceInline) refuse("a piece has no known form");
    const std::string_view inside = checked(bytes_.string());
    chunk.count = number();
    const bool is_list = type == json::Type::kArray;
    std::string whole(is_list ? "[" : "\"");
    whole.append(inside).append(is_list ? "]" : "\"");
    const bool fits = ok() && is_canonical_value(whole) &&
                      json::Value::from_canonical(whole).count() == chunk.count;
    if (!fits) refuse("a piece is not part of a canonical value");
    chunk.bytes = std::make_shared<const std::string>(inside);
    return chunk;
}

std::size_t SliceReader::count() {
    const std::uint64_t count = number();
    if (count > bytes_.rest().size()) refuse("it counts more items than it has bytes");
    return ok() ? static_cast<std::size_t>(count) : 0;
}

}  // namespace skein::codec
