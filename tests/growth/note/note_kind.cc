#include "tests/growth/note/note_kind.h"

#include "tests/growth/note/note_codes.h"
#include "tests/growth/note/note_events.h"

namespace skein::note {

domain::Kind note_kind() {
    domain::Kind kind;
    kind.name = "note";
    kind.segments = {"note"};
    kind.document_schema = "skein.note/1";
    kind.make_state = [](const Stream& stream) -> std::shared_ptr<domain::State> {
        return std::make_shared<NoteState>(stream);
    };
    kind.commands = {write_note_command(), fork_note_command(), erase_note_command()};
    kind.events = {&NoteWritten::kType, &NoteForked::kType, &NoteErased::kType};
    kind.codes = {&codes::kNoteNotFound, &codes::kNoteErased, &codes::kNoteAtStart};
    kind.fork_command = "ForkNote";
    kind.list_members = {"tags", "erased", "updated_at"};
    return kind;
}

}  // namespace skein::note
