#include "tests/growth/note/note_events.h"

#include "engine/json/writer.h"

namespace skein::note {

const domain::EventType NoteWritten::kType{"NoteWritten", 1, "note"};
const domain::EventType NoteForked::kType{"NoteForked", 1, "note"};
const domain::EventType NoteErased::kType{"NoteErased", 1, "note"};

Stream note_stream(std::string_view id) { return Stream("note/" + std::string(id)); }

json::Value NoteWritten::data() const {
    json::ObjectWriter out;
    if (tags) out.member("tags", texts_value(*tags));
    out.member_text("text", text);
    return out.value();
}

void NoteWritten::evolve(NoteState& note) const {
    note.text = json::Value::string(text).chunked();
    if (tags) note.tags = *tags;
}

json::Value NoteForked::data() const {
    json::ObjectWriter out;
    out.member_text("source", source.note);
    out.member("tags", texts_value(tags));
    out.member_text("text", text);
    out.member_number("version", source.version.value());
    return out.value();
}

void NoteForked::evolve(NoteState& note) const {
    note.text = json::Value::string(text).chunked();
    note.tags = tags;
    note.forked_from = source;
}

std::optional<domain::Touch> NoteForked::touch(const domain::State& /*before*/,
                                               const domain::PlacedKey& place) const {
    if (place.key != "text" && place.key != "tags") return std::nullopt;
    domain::Touch touch;
    touch.how = "fork";
    touch.effect = domain::Touch::Effect::kComesFrom;
    touch.from = note_stream(source.note);
    touch.from_version = source.version;
    touch.from_key = place;
    return touch;
}

void NoteErased::evolve(NoteState& note) const {
    note.text = {};
    note.tags.clear();
    note.is_erased = true;
}

}  // namespace skein::note
