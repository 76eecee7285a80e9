#include "engine/codec/envelope.h"

#include <fmt/format.h>

#include "engine/base/check.h"
#include "engine/codec/aligned_copy.h"
#include "engine/codec/payload_builder.h"
#include "engine/codec/payload_reader.h"
#include "engine/codec/quick_canonical.h"
#include "skein_schemas/envelope_generated.h"

namespace skein::codec {

namespace {

constexpr char kIdentifier[] = "SKEV";
constexpr std::uint64_t kShardsMax = 1ULL << 14;     // what an event id has room for
constexpr std::uint64_t kPositionsMax = 1ULL << 48;  // likewise

std::string_view view_of(const flatbuffers::String* text) {
    if (text == nullptr) return {};
    return {text->c_str(), text->size()};
}

std::string_view view_of(const fbs::ChainHash& hash) {
    return {reinterpret_cast<const char*>(hash.bytes()->data()), hash.bytes()->size()};
}

// Where and when the event is, in ranges that everything behind relies on.
std::optional<CodecError> check_place(const fbs::Envelope& envelope) {
    if (envelope.shard() >= kShardsMax)
        return CodecError{fmt::format("envelope: no shard {}", envelope.shard())};
    if (envelope.position() == 0 || envelope.position() >= kPositionsMax)
        return CodecError{fmt::format("envelope: no position {}", envelope.position())};
    if (envelope.version() == 0) return CodecError{"envelope: no version 0"};
    if (!time_in_range(envelope.recorded_at())) return CodecError{"envelope: no such recorded_at"};
    return std::nullopt;
}

// `bytes` stand aligned already.
Result<const fbs::Envelope*, CodecError> open(std::string_view bytes) {
    if (!is_whole(bytes)) return fail(CodecError{"the envelope is cut short"});
    const auto* envelope = verified_root<fbs::Envelope>(bytes, kIdentifier);
    if (envelope == nullptr) return fail(CodecError{"the envelope is not sound"});
    if (auto problem = check_place(*envelope)) return fail(std::move(*problem));
    return envelope;
}

std::optional<CodecError> check_size(std::string_view bytes) {
    if (bytes.size() <= kEnvelopeBytesMax) return std::nullopt;
    return CodecError{fmt::format("an envelope of {} bytes, at most {} are taken", bytes.size(),
                                  kEnvelopeBytesMax)};
}

std::optional<CodecError> check_texts(const fbs::Envelope& envelope) {
    const bool ok = is_text(view_of(envelope.actor())) && is_text(view_of(envelope.reason())) &&
                    is_text(view_of(envelope.traceparent())) && is_text(view_of(envelope.tenant()));
    if (!ok) return CodecError{"envelope: a text is not UTF-8"};
    if (envelope.occurred_at() && !time_in_range(*envelope.occurred_at()))
        return CodecError{"envelope: no such occurred_at"};
    return std::nullopt;
}

std::optional<Uuid> uuid_of(const fbs::Uuid* id) {
    if (id == nullptr) return std::nullopt;
    return codec::uuid_of(*id);
}

// Into its place: texts and ids make it large to move.
void read_meta(const fbs::Envelope& envelope, domain::EventMeta& meta) {
    meta.stream = Stream(std::string(view_of(envelope.stream())));
    meta.version = Version(envelope.version());
    meta.shard = Shard(envelope.shard());
    meta.position = Position(envelope.position());
    meta.event_id = codec::uuid_of(*envelope.event_id());
    meta.recorded_at = Timestamp{envelope.recorded_at()};
    if (envelope.occurred_at()) meta.occurred_at = Timestamp{*envelope.occurred_at()};
    meta.command_id = codec::uuid_of(*envelope.command_id());
    meta.causation_id = uuid_of(envelope.causation_id());
    meta.correlation_id = uuid_of(envelope.correlation_id());
    meta.epoch = Epoch(envelope.epoch());
    meta.actor.assign(view_of(envelope.actor()));
    meta.reason.assign(view_of(envelope.reason()));
    meta.traceparent.assign(view_of(envelope.traceparent()));
    meta.tenant.assign(view_of(envelope.tenant()));
}

std::string_view payload_of(const fbs::Envelope& envelope) {
    return {reinterpret_cast<const char*>(envelope.payload()->data()), envelope.payload()->size()};
}

// Finds in the given bytes what was read in their aligned copy.
struct Placed {
    std::string_view copy;
    std::string_view given;
    std::string_view of(std::string_view part) const {
        return given.substr(static_cast<std::size_t>(part.data() - copy.data()), part.size());
    }
};

EnvelopeHead head_of(const fbs::Envelope& envelope, const Placed& placed) {
    return EnvelopeHead{placed.of(view_of(envelope.stream())),
                        placed.of(view_of(envelope.type())),
                        Version(envelope.version()),
                        Shard(envelope.shard()),
                        Position(envelope.position()),
                        Timestamp{envelope.recorded_at()},
                        placed.of(view_of(*envelope.previous())),
                        codec::uuid_of(*envelope.event_id()),
                        Epoch(envelope.epoch()),
                        envelope.type_version(),
                        codec::uuid_of(*envelope.command_id())};
}

// An envelope of which everything was looked at, and what it says.
struct WholeEvent {
    const fbs::Envelope* envelope;
    std::shared_ptr<const domain::EventBody> body;
};

Result<WholeEvent, CodecError> open_whole(std::string_view copy, const Codec& codec) {
    const auto opened = open(copy);
    if (!opened) return fail(opened.error());
    const fbs::Envelope& envelope = **opened;
    const std::string_view type = view_of(envelope.type());
    const Codec::KnownType* known = codec.find_type(type);
    if (known == nullptr) return fail(CodecError{"envelope: an event type that is not known here"});
    if (!is_stream_of(view_of(envelope.stream()), known->kind->segments))
        return fail(CodecError{
            fmt::format("envelope: {} in a stream that is no {}", type, known->kind->name)});
    if (auto problem = check_texts(envelope)) return fail(std::move(*problem));
    auto body = Codec::decode_payload(*known, envelope.type_version(), payload_of(envelope));
    if (!body) {
        return fail(CodecError{fmt::format("shard {} position {}: {}", envelope.shard(),
                                           envelope.position(), body.error().what)});
    }
    return WholeEvent{&envelope, std::move(*body)};
}

// The optional and the needed ids of an event, as they are written.
struct Ids {
    explicit Ids(const domain::EventMeta& meta)
        : event(put_uuid(meta.event_id)),
          command(put_uuid(meta.command_id)),
          causation(put_uuid(meta.causation_id.value_or(Uuid()))),
          correlation(put_uuid(meta.correlation_id.value_or(Uuid()))) {}
    fbs::Uuid event;
    fbs::Uuid command;
    fbs::Uuid causation;
    fbs::Uuid correlation;
};

}  // namespace

std::string encode_event(const domain::Event& event, const Hash& previous, const Codec& codec) {
    const domain::EventMeta& meta = event.meta;
    const domain::EventType& type = event.body->type();
    const std::string payload = codec.encode_payload(*event.body);
    Builder& builder = fresh_builder();
    builder.ForceVectorAlignment(payload.size(), 1, 8);
    const auto payload_bytes =
        builder.CreateVector(reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size());
    const auto stream = put_name(builder, meta.stream.str());
    const auto type_name = put_name(builder, type.name);
    const auto actor = put_text(builder, meta.actor);
    const auto reason = put_text(builder, meta.reason);
    const auto traceparent = put_text(builder, meta.traceparent);
    const auto tenant = put_text(builder, meta.tenant);
    const Ids ids(meta);
    const fbs::ChainHash chain_hash{flatbuffers::make_span(previous.bytes)};
    fbs::EnvelopeBuilder envelope(builder);
    envelope.add_shard(static_cast<std::uint32_t>(meta.shard.value()));
    envelope.add_position(meta.position.value());
    envelope.add_stream(stream);
    envelope.add_version(meta.version.value());
    envelope.add_event_id(&ids.event);
    envelope.add_type(type_name);
    envelope.add_type_version(type.version);
    envelope.add_recorded_at(meta.recorded_at.us);
    if (meta.occurred_at) envelope.add_occurred_at(meta.occurred_at->us);
    envelope.add_command_id(&ids.command);
    if (meta.causation_id) envelope.add_causation_id(&ids.causation);
    if (meta.correlation_id) envelope.add_correlation_id(&ids.correlation);
    envelope.add_epoch(meta.epoch.value());
    envelope.add_actor(actor);
    envelope.add_reason(reason);
    envelope.add_traceparent(traceparent);
    envelope.add_tenant(tenant);
    envelope.add_payload(payload_bytes);
    envelope.add_previous(&chain_hash);
    return finish(builder, envelope.Finish(), kIdentifier);
}

Result<DecodedEvent, CodecError> decode_event(std::string_view bytes, const Codec& codec) {
    if (auto problem = check_size(bytes)) return fail(std::move(*problem));
    const std::string_view copy = aligned(bytes, CopyOf::kOuter);
    auto whole = open_whole(copy, codec);
    if (!whole) return fail(std::move(whole.error()));
    const fbs::Envelope& envelope = *whole->envelope;
    Result<DecodedEvent, CodecError> decoded(DecodedEvent{});
    read_meta(envelope, decoded->event.meta);
    decoded->event.body = std::move(whole->body);
    decoded->previous = hash_from_bytes(view_of(*envelope.previous()));
    decoded->type_version = envelope.type_version();
    decoded->payload = Placed{copy, bytes}.of(payload_of(envelope));
    return decoded;
}

Result<EnvelopeHead, CodecError> check_event(std::string_view bytes, const Codec& codec) {
    if (auto problem = check_size(bytes)) return fail(std::move(*problem));
    const std::string_view copy = aligned(bytes, CopyOf::kOuter);
    const auto whole = open_whole(copy, codec);
    if (!whole) return fail(whole.error());
    return head_of(*whole->envelope, Placed{copy, bytes});
}

Result<EnvelopeHead, CodecError> decode_head(std::string_view bytes) {
    if (auto problem = check_size(bytes)) return fail(std::move(*problem));
    const std::string_view copy = aligned(bytes, CopyOf::kOuter);
    const auto opened = open(copy);
    if (!opened) return fail(opened.error());
    return head_of(**opened, Placed{copy, bytes});
}

}  // namespace skein::codec
