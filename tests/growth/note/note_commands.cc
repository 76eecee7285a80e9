#include <fmt/format.h>

#include "engine/domain/codes.h"
#include "engine/domain/fields.h"
#include "engine/domain/guards.h"
#include "tests/growth/note/note_codes.h"
#include "tests/growth/note/note_events.h"
#include "tests/growth/note/note_kind.h"

namespace skein::note {

namespace {

using domain::Fields;
using domain::NewEvents;
using domain::Presence;
using domain::Rejection;
using domain::Scene;
using Body = std::shared_ptr<const domain::CommandBody>;

const NoteState& as_note(const domain::State& state) {
    return dynamic_cast<const NoteState&>(state);
}

std::optional<Rejection> check_not_erased(const NoteState& note) {
    if (!note.is_erased) return std::nullopt;
    return domain::reject(codes::kNoteErased, fmt::format("Note {} is erased.", note.id()));
}

std::optional<std::vector<std::string>> read_tags(Fields& data) {
    const auto given = data.array("tags", Presence::kOptional);
    if (!given) return std::nullopt;
    std::vector<std::string> tags;
    given->for_each_element([&](const json::Value& element) {
        const auto tag = element.as_string();
        if (tag) return tags.push_back(*tag);
        data.refuse(domain::reject(domain::codes::kInvalidField,
                                   fmt::format("{}/tags holds texts alone.", data.where())));
    });
    return tags;
}

struct WriteNote final : domain::CommandBody {
    std::shared_ptr<const NoteWritten> event;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = domain::check_expected_version(scene)) return fail(*std::move(no));
        if (auto no = check_not_erased(as_note(scene.target()))) return fail(*std::move(no));
        return domain::one_event(scene, event);
    }
};

struct ForkNote final : domain::CommandBody {
    std::string source;
    std::string at;

    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        const NoteState& target = as_note(scene.target());
        if (target.exists())
            return fail(domain::reject(domain::codes::kAlreadyExists,
                                       fmt::format("Note {} is there already.", target.id())));
        if (auto no = domain::check_expected_version(scene)) return fail(*std::move(no));
        const Stream stream = note_stream(source);
        if (!scene.current(stream)->exists())
            return fail(
                domain::reject(codes::kNoteNotFound, fmt::format("There is no note {}.", source)));
        const auto version = scene.resolve(stream, at);
        if (!version) return fail(version.error());
        if (version->value() == 0)
            return fail(domain::reject(codes::kNoteAtStart,
                                       fmt::format("{} of {} is before its start.", at, source)));
        const auto state = scene.at(stream, *version);
        const NoteState& origin = as_note(*state);
        if (auto no = check_not_erased(origin)) return fail(*std::move(no));
        auto event = std::make_shared<NoteForked>();
        event->source = {source, *version};
        event->text = origin.text.as_string().value_or("");
        event->tags = origin.tags;
        return domain::one_event(scene, std::move(event));
    }
};

struct EraseNote final : domain::CommandBody {
    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        const NoteState& target = as_note(scene.target());
        if (!target.exists())
            return fail(domain::reject(codes::kNoteNotFound,
                                       fmt::format("There is no note {}.", target.id())));
        if (auto no = domain::check_expected_version(scene)) return fail(*std::move(no));
        if (auto no = check_not_erased(target)) return fail(*std::move(no));
        return domain::one_event(scene, std::make_shared<NoteErased>());
    }
};

Result<Body, Rejection> parse_write(Fields& data) {
    auto event = std::make_shared<NoteWritten>();
    event->text = data.long_text("text", Presence::kRequired).value_or("");
    event->tags = read_tags(data);
    if (auto no = data.finish()) return fail(*std::move(no));
    auto command = std::make_shared<WriteNote>();
    command->event = std::move(event);
    return command;
}

Result<Body, Rejection> parse_fork(Fields& data) {
    auto command = std::make_shared<ForkNote>();
    command->source = data.id("source", Presence::kRequired).value_or("");
    command->at = data.text("at", Presence::kOptional).value_or("@head");
    if (auto no = data.finish()) return fail(*std::move(no));
    return command;
}

Result<Body, Rejection> parse_erase(Fields& data) {
    if (auto no = data.finish()) return fail(*std::move(no));
    return std::make_shared<const EraseNote>();
}

}  // namespace

domain::CommandSpec write_note_command() {
    return {"WriteNote", "note", "Writes a note anew, with its tags.", parse_write};
}

domain::CommandSpec fork_note_command() {
    return {"ForkNote", "note", "Starts a note as another one was at a point.", parse_fork};
}

domain::CommandSpec erase_note_command() {
    return {"EraseNote", "note", "Empties a note for good.", parse_erase};
}

}  // namespace skein::note
