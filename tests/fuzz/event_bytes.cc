// Bytes as an envelope, as a payload of any type, as a snapshot and as a slice of a state: refused,
// or read and written again to something that reads the same.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/codec/envelope.h"
#include "engine/codec/snapshot.h"
#include "engine/domain/kinds/standard.h"
#include "tests/unit/codec/standard_kinds.h"

namespace skein {

namespace {

using tests::registry;
using tests::standard;

void read_event(std::string_view bytes) {
    const auto decoded = codec::decode_event(bytes, standard());
    if (!decoded) return;
    const auto again = codec::decode_event(
        codec::encode_event(decoded->event, decoded->previous, standard()), standard());
    SKEIN_CHECK(again.has_value(), "what was read can be written");
    SKEIN_CHECK(again->event.body->data() == decoded->event.body->data(), "the same is read again");
}

void read_payloads(std::string_view bytes) {
    for (const domain::Kind& kind : registry().kinds()) {
        for (const domain::EventType* type : kind.events) {
            const auto body = standard().decode_payload(type->name, type->version, bytes);
            if (!body) continue;
            const auto again = standard().decode_payload(type->name, type->version,
                                                         standard().encode_payload(**body));
            SKEIN_CHECK(again.has_value(), "a payload that was read can be written");
            SKEIN_CHECK((*again)->data() == (*body)->data(), "the same payload is read again");
        }
    }
}

void read_snapshot(std::string_view bytes) {
    const auto state = codec::decode_snapshot(bytes, standard());
    if (!state) return;
    const auto again =
        codec::decode_snapshot(codec::encode_snapshot(*state, standard()), standard());
    SKEIN_CHECK(again.has_value(), "a snapshot that was read can be written");
    SKEIN_CHECK((*again)->digest() == (*state)->digest(), "the same state is read again");
}

// With a checksum that fits, so that what stands behind it is reached.
void read_slice(std::string_view bytes) {
    std::string slice(bytes);
    std::uint64_t check = xxh3_64(bytes);
    for (int i = 0; i < 8; ++i, check >>= 8) slice.push_back(static_cast<char>(check & 255));
    for (const std::string_view stream : {"swarm/s1", "swarm/s1/run/r1"}) {
        const auto state = registry().make_state(Stream(std::string(stream)));
        const auto& kind = standard().kind_codec(registry().kind_of(state->stream())->name);
        if (!kind.load(*state, slice, nullptr)) (void)state->document(Timestamp{0});
    }
}

}  // namespace

}  // namespace skein

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    skein::read_event(bytes);
    skein::read_payloads(bytes);
    skein::read_snapshot(bytes);
    skein::read_slice(bytes);
    return 0;
}
