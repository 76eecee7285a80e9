// The envelope: the bytes of one event as they stand in the log, in Kafka and in bundles, for ever.
//
// schemas/envelope.fbs. It holds everything of EventMeta, the payload, and the hash before it,
// never its own: that is the next link of the chain (engine/base/chain.h).
// Threads: pure. Errors: CodecError. Source: design section 3 (envelope).
#pragma once

#include <string>
#include <string_view>

#include "engine/base/chain.h"
#include "engine/base/hash.h"
#include "engine/base/result.h"
#include "engine/codec/codec.h"
#include "engine/domain/event.h"

namespace skein::codec {

inline constexpr std::size_t kEnvelopeBytesMax = 8ULL << 20;

std::string encode_event(const domain::Event& event, const Hash& previous, const Codec& codec);

struct DecodedEvent {
    domain::Event event;
    Hash previous;
    std::uint16_t type_version = 1;  // as stored
    std::string_view payload;        // a view into the bytes given, for who keeps it as it is
};
Result<DecodedEvent, CodecError> decode_event(std::string_view bytes, const Codec& codec);

// What a projector or an index needs before it pays for the payload.
struct EnvelopeHead {
    std::string_view stream;  // views into the bytes given
    std::string_view type;
    Version version;
    Shard shard;
    Position position;
    Timestamp recorded_at;
    std::string_view previous;  // 32 bytes
    Uuid event_id;
    Epoch epoch;
    std::uint16_t type_version = 1;
    Uuid command_id;
};
Result<EnvelopeHead, CodecError> decode_head(std::string_view bytes);
// Refuses what decode_event refuses, the payload included, and builds no event.
Result<EnvelopeHead, CodecError> check_event(std::string_view bytes, const Codec& codec);

// The chain over whole envelopes.
using skein::chain_next;
using skein::chain_start;

}  // namespace skein::codec
