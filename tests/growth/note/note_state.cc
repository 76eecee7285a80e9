#include "tests/growth/note/note_state.h"

#include "engine/base/check.h"
#include "engine/domain/kind.h"
#include "engine/json/writer.h"
#include "tests/growth/note/note_events.h"

namespace skein::note {

namespace {

constexpr std::size_t kFrameBytes = 256;  // members of the document that are not counted one by one

json::Value origin_value(const std::optional<Origin>& origin) {
    if (!origin) return {};
    json::ObjectWriter out;
    out.member_text("note", origin->note);
    out.member_number("version", origin->version.value());
    return out.value();
}

}  // namespace

json::Value texts_value(const std::vector<std::string>& texts) {
    std::vector<json::Value> values;
    for (const std::string& text : texts) values.push_back(json::Value::string(text));
    return json::Value::array(values);
}

std::shared_ptr<domain::State> NoteState::clone() const {
    return std::make_shared<NoteState>(*this);
}

std::string_view NoteState::id() const { return domain::segment_of(stream(), "note"); }

json::Value NoteState::lasting() const {
    json::ObjectWriter out;
    out.member_boolean("erased", is_erased);
    out.member("forked_from", origin_value(forked_from));
    out.member_text("note", id());
    out.member_text("schema", "skein.note/1");
    out.member("tags", texts_value(tags));
    out.member("text", text);
    return out.value();
}

json::Value NoteState::document(Timestamp /*now*/) const {
    const auto time = [this](Timestamp at) {
        return exists() ? json::Value::string(format_time(at)) : json::Value();
    };
    auto members = lasting().members();
    members.emplace_back("created_at", time(created_at));
    members.emplace_back("updated_at", time(updated_at));
    return json::Value::object(std::move(members));
}

json::Value NoteState::values(Timestamp /*now*/) const {
    json::ObjectWriter out;
    out.member("tags", texts_value(tags));
    out.member("text", text);
    return out.value();
}

json::Digest NoteState::digest() const { return json::digest(json::Path(), lasting()); }

std::size_t NoteState::size_bytes() const {
    std::size_t bytes = kFrameBytes + text.size_bytes();
    for (const std::string& tag : tags) bytes += tag.size() + 3;
    return bytes;
}

void NoteState::evolve(const domain::Event& event, const domain::Past& /*past*/) {
    SKEIN_CHECK(event.body->type().kind == "note", "{} folded into a note",
                event.body->type().name);
    if (!exists()) created_at = event.meta.recorded_at;
    updated_at = event.meta.recorded_at;
    static_cast<const NoteEvent&>(*event.body).evolve(*this);
}

}  // namespace skein::note
