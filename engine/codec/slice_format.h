// The bytes of a state: slices of records, our own format on engine/base/bytes.h, the same for
// every kind. What a kind's records hold is said beside its codec.
//
//   slice  = kind:u8 format:u8 index:varint record* check:u64le
//            kind 'R' run, 'W' swarm; format = state version; index counts slices from 0;
//            check = XXH3-64 of everything before it, so one flipped bit is found
//   record = tag:u8 field*
//   point  = run:string version:varint
//   json   = string of canonical JSON
//   value  = 0:u8 json | 1:u8 type:u8 pieces          type 's' string, 'a' array
//   pieces = count:varint piece*
//   piece  = 0:u8 id:16 bytes elements:varint | 1:u8 bytes:string elements:varint
//   mark   = version:varint shard:varint position:varint recorded_at:signed varint event_id:16
//   bytes
//
// Values over kChunkBytes stand in pieces where there is a ChunkSink: final chunks by id, the last
// partial one inline. A value with very many pieces goes on in further records. The last slice ends
// with the mark; until then a loading state has version 0 and counts slices in its mark's position,
// so that slices out of order, twice or missing are found.
// Example: the second slice of a swarm, holding only the end record of a state at version 1, shard
// 3, position 5, recorded 1 us after 1970 began:
//   57 01 01 ff 01 03 05 02 id*16 check*8
// Threads: one owner. Errors: SliceReader keeps the first problem and returns empty values after it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/codec/codec.h"
#include "engine/domain/state.h"
#include "engine/json/value.h"

namespace skein::codec {

inline constexpr std::uint8_t kHeaderTag = 0x01;  // begins the first slice of every kind
inline constexpr std::uint8_t kEndTag = 0xff;
// What a piece that goes to the sink counts against a slice: hashing and keeping it costs time.
inline constexpr std::size_t kPieceCost = 256;

class SliceWriter {
 public:
    struct Start {
        char kind = 'R';
        std::uint16_t format = 1;
        std::uint64_t index = 0;
    };
    // Appends to `out`, up to about `bytes_max`.
    SliceWriter(std::string& out, std::size_t bytes_max, const Start& start);

    // Never before the first record, so that every slice gets ahead.
    bool is_full() const {
        return out_->size() > records_ && out_->size() - begin_ + cost_ >= bytes_max_;
    }
    // Adds the checksum. Nothing may follow.
    void finish();

    void u8(std::uint8_t value) { put_u8(*out_, value); }
    void number(std::uint64_t value) { put_varint(*out_, value); }
    void text(std::string_view value) { put_string(*out_, value); }
    void time(Timestamp value) { put_varint_signed(*out_, value.us); }
    void bytes(std::string_view value) { out_->append(value); }
    void real(double value);
    void digest(const json::Digest& value);
    void json(const json::Value& value);
    void mark(const domain::Mark& mark);

    // The whole value, however many pieces it has.
    void value(const json::Value& value, ChunkSink* chunks);
    // The form and type of a value whose pieces follow.
    void begin_pieces(json::Type type);
    // Pieces of a chunked value from `first` on until the slice is full, at least one where any is
    // left; returns the index after the last one written.
    std::size_t pieces(const json::Value& chunked, std::size_t first, ChunkSink& chunks);

 private:
    void piece(const json::Value::Chunk& chunk, bool is_final, ChunkSink& chunks);

    std::string* out_;
    std::size_t begin_;
    std::size_t records_ = 0;  // where they begin
    std::size_t bytes_max_;
    std::size_t cost_ = 0;
};

class SliceReader {
 public:
    struct Expected {
        char kind = 'R';
        std::uint16_t format = 1;
    };
    // Checks checksum, kind, format, and the index against what `state` has loaded so far.
    SliceReader(std::string_view slice, const Expected& expected, const domain::State& state,
                const ChunkSource* chunks);

    bool ok() const { return problem_.empty(); }
    bool has_more() const { return ok() && !bytes_.rest().empty(); }
    std::optional<CodecError> error() const;
    void refuse(std::string problem);

    // The next byte without taking it; 0 at the end.
    std::uint8_t peek() const;
    std::uint8_t u8();
    std::uint64_t number();
    std::string text();
    std::string id();
    std::string key();
    Timestamp time();
    double real();
    json::Digest digest();
    json::Value json();
    domain::Mark mark();
    json::Value value();
    // Pieces behind those of `before`, which is chunked.
    json::Value more_pieces(const json::Value& before);

    template <class Enum>
    Enum choice(Enum last) {
        const std::uint8_t number = u8();
        if (number > static_cast<std::uint8_t>(last))
            refuse("an enum has a number that is unknown");
        return ok() ? static_cast<Enum>(number) : Enum{};
    }
    // A count of items that take a byte each at least.
    std::size_t count();
    // Whether values stand in the bytes themselves, rather than in chunks elsewhere.
    bool last_value_was_inline() const { return last_value_was_inline_; }

 private:
    std::string_view checked(std::string_view text);
    std::vector<json::Value::Chunk> read_pieces(json::Type type);
    json::Value::Chunk read_piece(json::Type type);

    ByteReader bytes_{{}};
    const ChunkSource* chunks_;
    std::string problem_;
    bool last_value_was_inline_ = true;
};

// Reads all records by `read(tag)`; sets the mark at the end record, else counts the slice.
template <class Read>
std::optional<CodecError> load_records(SliceReader& in, domain::State& state, Read&& read) {
    domain::Mark mark = state.mark();
    mark.position = mark.position.next();
    if (in.ok() && state.mark().position.value() == 0 && in.peek() != kHeaderTag)
        in.refuse("the first slice has no header");
    while (in.has_more()) {
        const std::uint8_t tag = in.u8();
        if (tag != kEndTag) {
            read(tag);
            continue;
        }
        mark = in.mark();
        if (in.has_more()) in.refuse("something stands behind its end");
    }
    if (in.ok()) state.set_mark(mark);
    return in.error();
}

}  // namespace skein::codec
