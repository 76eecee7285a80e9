#include "engine/codec/codec.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/codec/aligned_copy.h"
#include "engine/codec/envelope.h"
#include "engine/codec/run_events_codec.h"
#include "engine/codec/run_state_codec.h"
#include "engine/codec/swarm_events_codec.h"
#include "engine/codec/swarm_state_codec.h"

namespace skein::codec {

namespace {

// By size first: names of one size are few, so finding one compares hardly any letters.
bool comes_before(std::string_view a, std::string_view b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

Codec::Codec(const domain::Registry& registry, std::vector<KindCodec> kinds)
    : registry_(&registry), kinds_(std::move(kinds)) {
    for (const KindCodec& kind : kinds_) {
        const domain::Kind* known = registry.find_kind(kind.kind);
        SKEIN_CHECK(known != nullptr, "the registry has no kind {}", kind.kind);
        for (const EventCodec& event : kind.events)
            by_type_.push_back({event.type->name, &event, known});
    }
    std::sort(by_type_.begin(), by_type_.end(),
              [](const KnownType& a, const KnownType& b) { return comes_before(a.name, b.name); });
}

const Codec::KnownType* Codec::find_type(std::string_view name) const {
    const auto place = std::lower_bound(by_type_.begin(), by_type_.end(), name,
                                        [](const KnownType& known, std::string_view wanted) {
                                            return comes_before(known.name, wanted);
                                        });
    return place != by_type_.end() && place->name == name ? &*place : nullptr;
}

std::string Codec::encode_payload(const domain::EventBody& body) const {
    const KnownType* known = find_type(body.type().name);
    SKEIN_CHECK(known != nullptr, "no codec for event type {}", body.type().name);
    return known->codec->encode(body);
}

Result<std::shared_ptr<const domain::EventBody>, CodecError> Codec::decode_payload(
    std::string_view type, std::uint16_t type_version, std::string_view payload) const {
    const KnownType* known = find_type(type);
    if (known == nullptr) return fail(CodecError{"an event type that this program does not know"});
    return decode_payload(*known, type_version, payload);
}

Result<std::shared_ptr<const domain::EventBody>, CodecError> Codec::decode_payload(
    const KnownType& type, std::uint16_t type_version, std::string_view payload) {
    if (type_version != type.codec->type->version)
        return fail(CodecError{fmt::format("{} of version {}, this program knows version {}",
                                           type.name, type_version, type.codec->type->version)});
    if (payload.size() > kEnvelopeBytesMax)
        return fail(CodecError{fmt::format("a payload of {} bytes, at most {} are taken",
                                           payload.size(), kEnvelopeBytesMax)});
    return type.codec->decode(aligned(payload, CopyOf::kPayload));
}

const KindCodec& Codec::kind_codec(std::string_view kind) const {
    const auto place = std::find_if(kinds_.begin(), kinds_.end(),
                                    [&](const KindCodec& codec) { return codec.kind == kind; });
    SKEIN_CHECK(place != kinds_.end(), "no codec for kind {}", kind);
    return *place;
}

bool Codec::knows_kind(std::string_view kind) const {
    return std::any_of(kinds_.begin(), kinds_.end(),
                       [&](const KindCodec& codec) { return codec.kind == kind; });
}

std::vector<KindCodec> standard_kind_codecs() {
    std::vector<KindCodec> kinds;
    kinds.push_back({"run", run_event_codecs(), kRunStateVersion, slice_run, load_run});
    kinds.push_back({"swarm", swarm_event_codecs(), kSwarmStateVersion, slice_swarm, load_swarm});
    return kinds;
}

Codec standard_codec(const domain::Registry& registry) {
    return Codec(registry, standard_kind_codecs());
}

}  // namespace skein::codec
