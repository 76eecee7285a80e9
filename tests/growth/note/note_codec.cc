// Events of notes by note.fbs, and their state in slices (engine/codec/slice_format.h):
//
//   header = 01 stream:string erased:u8 tags:varint tag:string* origin:u8 (note:string
//            version:varint)? created_at:signed updated_at:signed
//   text   = 02 value
//   end    = ff mark
#include <memory>
#include <utility>

#include "engine/base/check.h"
#include "engine/codec/payload_builder.h"
#include "engine/codec/payload_reader.h"
#include "engine/codec/slice_format.h"
#include "note_generated.h"
#include "tests/growth/note/note_events.h"
#include "tests/growth/note/note_kind.h"

namespace skein::note {

namespace {

using codec::Builder;
using codec::CodecError;
using codec::PayloadReader;
using codec::SliceReader;
using codec::SliceWriter;

constexpr char kIdentifier[] = "TSNO";
constexpr std::uint16_t kStateVersion = 1;
constexpr std::uint8_t kTextTag = 0x02;

std::string encode(const NoteWritten& event, Builder& builder) {
    const auto text = codec::put_name(builder, event.text);
    const auto tags = codec::put_names(builder, event.tags.value_or(std::vector<std::string>{}));
    return codec::finish(
        builder, fbs::CreateNoteWritten(builder, text, tags, event.tags.has_value()), kIdentifier);
}
void read(PayloadReader& in, const fbs::NoteWritten& table, NoteWritten& event) {
    event.text = in.text(table.text(), "text");
    if (table.has_tags()) event.tags = in.names(table.tags(), "tags", PayloadReader::Names::kTexts);
}

std::string encode(const NoteForked& event, Builder& builder) {
    const auto source = codec::put_name(builder, event.source.note);
    const auto text = codec::put_name(builder, event.text);
    const auto tags = codec::put_names(builder, event.tags);
    return codec::finish(
        builder, fbs::CreateNoteForked(builder, source, event.source.version.value(), text, tags),
        kIdentifier);
}
void read(PayloadReader& in, const fbs::NoteForked& table, NoteForked& event) {
    event.source = {in.id(table.source(), "source"), Version(table.version())};
    event.text = in.text(table.text(), "text");
    event.tags = in.names(table.tags(), "tags", PayloadReader::Names::kTexts);
}

std::string encode(const NoteErased&, Builder& builder) {
    return codec::finish(builder, fbs::CreateNoteErased(builder), kIdentifier);
}
void read(PayloadReader&, const fbs::NoteErased&, NoteErased&) {}

template <class Body, class Table>
codec::EventCodec event_codec() {
    return {&Body::kType,
            [](const domain::EventBody& body) {
                return encode(static_cast<const Body&>(body), codec::fresh_builder());
            },
            [](std::string_view payload) {
                return codec::decode_as<Body, Table>(
                    payload, kIdentifier, [](PayloadReader& in, const Table& table, Body& event) {
                        read(in, table, event);
                    });
            }};
}

void put_header(SliceWriter& out, const NoteState& state) {
    out.u8(codec::kHeaderTag);
    out.text(state.stream().str());
    out.u8(state.is_erased ? 1 : 0);
    out.number(state.tags.size());
    for (const std::string& tag : state.tags) out.text(tag);
    out.u8(state.forked_from ? 1 : 0);
    if (state.forked_from) {
        out.text(state.forked_from->note);
        out.number(state.forked_from->version.value());
    }
    out.time(state.created_at);
    out.time(state.updated_at);
}

// A note is small: one slice holds it.
class NoteSlicer final : public codec::StateSlicer {
 public:
    NoteSlicer(std::shared_ptr<const domain::State> state, codec::ChunkSink* chunks)
        : kept_(std::move(state)), chunks_(chunks) {}

    bool next(std::string& out, std::size_t bytes_max) override {
        if (is_written_) return false;
        is_written_ = true;
        const auto& state = dynamic_cast<const NoteState&>(*kept_);
        SliceWriter slice(out, bytes_max, {'N', kStateVersion, 0});
        put_header(slice, state);
        slice.u8(kTextTag);
        slice.value(state.text, chunks_);
        slice.u8(codec::kEndTag);
        slice.mark(state.mark());
        slice.finish();
        return true;
    }

 private:
    std::shared_ptr<const domain::State> kept_;
    codec::ChunkSink* chunks_;
    bool is_written_ = false;
};

void read_header(SliceReader& in, NoteState& state) {
    if (in.text() != state.stream().str()) in.refuse("it is of another stream");
    state.is_erased = in.u8() != 0;
    const std::size_t tags = in.count();
    for (std::size_t i = 0; i < tags && in.ok(); ++i) state.tags.push_back(in.text());
    if (in.u8() != 0) {
        std::string note = in.id();
        state.forked_from = Origin{std::move(note), Version(in.number())};
    }
    state.created_at = in.time();
    state.updated_at = in.time();
}

std::unique_ptr<codec::StateSlicer> slice(std::shared_ptr<const domain::State> state,
                                          codec::ChunkSink* chunks) {
    return std::make_unique<NoteSlicer>(std::move(state), chunks);
}

std::optional<CodecError> load(domain::State& state, std::string_view bytes,
                               const codec::ChunkSource* chunks) {
    auto* note = dynamic_cast<NoteState*>(&state);
    SKEIN_CHECK(note != nullptr, "{} is not the state of a note", state.stream().str());
    SliceReader in(bytes, {'N', kStateVersion}, state, chunks);
    return codec::load_records(in, state, [&](std::uint8_t tag) {
        if (tag == codec::kHeaderTag) return read_header(in, *note);
        if (tag != kTextTag) return in.refuse("it has a record that is unknown");
        note->text = in.value();
        if (!note->text.is_string() && !note->text.is_null()) in.refuse("its text is none");
    });
}

}  // namespace

codec::KindCodec note_codec() {
    return {
        "note",
        {event_codec<NoteWritten, fbs::NoteWritten>(), event_codec<NoteForked, fbs::NoteForked>(),
         event_codec<NoteErased, fbs::NoteErased>()},
        kStateVersion,
        slice,
        load};
}

}  // namespace skein::note
