// The events of a note, one struct each.
//
// Threads: immutable after construction. Errors: none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/domain/event.h"
#include "tests/growth/note/note_state.h"

namespace skein::note {

class NoteEvent : public domain::EventBody {
 public:
    virtual void evolve(NoteState& note) const = 0;
};

struct NoteWritten final : NoteEvent {
    static const domain::EventType kType;
    const domain::EventType& type() const override { return kType; }
    json::Value data() const override;
    void evolve(NoteState& note) const override;

    std::string text;
    std::optional<std::vector<std::string>> tags;  // none: as they were
};

struct NoteForked final : NoteEvent {
    static const domain::EventType kType;
    const domain::EventType& type() const override { return kType; }
    json::Value data() const override;
    void evolve(NoteState& note) const override;
    std::optional<domain::Touch> touch(const domain::State& before,
                                       const domain::PlacedKey& place) const override;

    Origin source;
    std::string text;
    std::vector<std::string> tags;
};

struct NoteErased final : NoteEvent {
    static const domain::EventType kType;
    const domain::EventType& type() const override { return kType; }
    json::Value data() const override { return json::Value::object({}); }
    void evolve(NoteState& note) const override;
};

// The stream of the note with this id.
Stream note_stream(std::string_view id);

}  // namespace skein::note
