// The codec: events and states to bytes and back. FlatBuffers for what is kept for ever (envelope,
// payloads, snapshots); nothing else in skein sees its generated headers.
//
// Bytes from outside pass, in this order: size cap, FlatBuffers verifier with our own limits (depth
// 16, a table for each 16 bytes, on aligned bytes), semantic checks (known type and version, enum
// ranges, UTF-8, id and key rules, canonical JSON values). Only then fields are read. Every ingress
// uses this path.
// A kind brings one KindCodec; a Codec is built from them once and handed on by reference.
// Threads: immutable after construction, safe from many threads. Errors: CodecError; never throws on
// bytes. Source: design sections 3 and 5, reliability 3.10.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/result.h"
#include "engine/domain/event.h"
#include "engine/domain/kind.h"
#include "engine/domain/state.h"

namespace skein::codec {

struct CodecError {
    std::string what;  // what was found and what was expected, with the event's place where known
};

// One event type of a kind: its payload as a FlatBuffers root of its own schema.
struct EventCodec {
    const domain::EventType* type;
    std::string (*encode)(const domain::EventBody& body);
    // `payload` is aligned to 8 bytes and within the size cap.
    Result<std::shared_ptr<const domain::EventBody>, CodecError> (*decode)(
        std::string_view payload);
};

// Where big values of a state are kept in pieces: 16-byte ids of content (BLAKE2b-128).
class ChunkSink {
 public:
    virtual ~ChunkSink() = default;
    // Makes sure that the chunk is kept, and returns its id.
    virtual std::string put(const json::Value::Chunk& chunk) = 0;
};
class ChunkSource {
 public:
    virtual ~ChunkSource() = default;
    // nullptr where it is missing or damaged.
    virtual std::shared_ptr<const std::string> get(std::string_view id) const = 0;
};

// Writes a frozen state piece by piece, so that a big one never stalls its thread. A slice is whole
// in itself: decoding needs slices in order, and all of them.
class StateSlicer {
 public:
    virtual ~StateSlicer() = default;
    // Appends the next slice of about `bytes_max` to `out`; false where none was left.
    virtual bool next(std::string& out, std::size_t bytes_max) = 0;
};

struct KindCodec {
    std::string_view kind;
    std::vector<EventCodec> events;
    std::uint16_t state_version = 1;
    // `chunks` null: everything inline. The slicer keeps `state` alive.
    std::unique_ptr<StateSlicer> (*slice)(std::shared_ptr<const domain::State> state,
                                          ChunkSink* chunks);
    // Adds one slice to a fresh state; nullopt where it fits.
    std::optional<CodecError> (*load)(domain::State& state, std::string_view slice,
                                      const ChunkSource* chunks);
};

class Codec {
 public:
    Codec(const domain::Registry& registry, std::vector<KindCodec> kinds);

    Codec(Codec&&) = default;
    Codec(const Codec&) = delete;  // its table points into itself

    const domain::Registry& registry() const { return *registry_; }

    std::string encode_payload(const domain::EventBody& body) const;
    // `payload` may be unaligned; of the type named, at that type version.
    Result<std::shared_ptr<const domain::EventBody>, CodecError> decode_payload(
        std::string_view type, std::uint16_t type_version, std::string_view payload) const;

    // Precondition: knows_kind(kind).
    const KindCodec& kind_codec(std::string_view kind) const;
    bool knows_kind(std::string_view kind) const;

    struct KnownType {
        std::string_view name;
        const EventCodec* codec;
        const domain::Kind* kind;
    };
    // nullptr where the type is unknown.
    const KnownType* find_type(std::string_view name) const;
    // As above, for who has found the type already.
    static Result<std::shared_ptr<const domain::EventBody>, CodecError> decode_payload(
        const KnownType& type, std::uint16_t type_version, std::string_view payload);

 private:
    const domain::Registry* registry_;
    std::vector<KindCodec> kinds_;
    std::vector<KnownType> by_type_;  // sorted by size, then name
};

// The codecs of the kinds that ship with skein (domain::standard_kinds), to add one's own to.
std::vector<KindCodec> standard_kind_codecs();
// The codec of those kinds alone.
Codec standard_codec(const domain::Registry& registry);

}  // namespace skein::codec
