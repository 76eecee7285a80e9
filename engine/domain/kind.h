// A Kind of aggregate (run, swarm, note): its address, commands, events, rejection codes and state.
//
// A Registry is the set of kinds that a store knows; it is built once by composition and handed to
// every layer by reference. Adding a kind means one folder and one line where the registry is
// built. A stream's name is made of the kind's segments: {"swarm","run"} gives `swarm/S/run/R`.
// Threads: immutable after construction. Errors: find functions return nullptr.
// Source: design section 1; interfaces sections 1 and 11.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/event.h"
#include "engine/domain/fields.h"
#include "engine/domain/rejection.h"
#include "engine/domain/state.h"

namespace skein::domain {

struct CommandSpec {
    std::string_view type;     // `StartRun`
    std::string_view kind;     // `run`
    std::string_view summary;  // one line for help
    // Reads `data`; Fields reports what is wrong with it.
    Result<std::shared_ptr<const CommandBody>, Rejection> (*parse)(Fields& data);
};

// What one point of a document counts: versions of its stream, or positions of its whole scope.
enum class DocumentBasis { kStream, kScope };

struct Kind {
    std::string_view name;                   // `run`
    std::vector<std::string_view> segments;  // {"swarm","run"}
    DocumentBasis basis = DocumentBasis::kStream;
    std::string_view document_schema;  // `skein.run/1`
    std::shared_ptr<State> (*make_state)(const Stream& stream);
    std::vector<CommandSpec> commands;
    std::vector<const EventType*> events;
    std::vector<const RejectionCode*> codes;
    // The command that forks a stream of this kind, empty where it cannot be forked.
    std::string_view fork_command;
    // Members of the document that the list of the kind shows beside resource and version; of
    // arrays their length.
    std::vector<std::string_view> list_members = {};
};

class Registry {
 public:
    explicit Registry(std::vector<Kind> kinds);
    Registry(Registry&&) = default;  // its indexes point into it, so it is never copied

    std::span<const Kind> kinds() const { return kinds_; }
    const Kind* find_kind(std::string_view name) const;
    const Kind* kind_of(const Stream& stream) const;  // by the names of its segments
    const CommandSpec* find_command(std::string_view type) const;
    const EventType* find_event(std::string_view type) const;
    // Codes of all kinds and the general ones, sorted by name.
    std::vector<const RejectionCode*> codes() const;
    // The known command type closest to `type`, empty where none is near.
    std::string_view nearest_command(std::string_view type) const;

    // A fresh state before the first event. Precondition: kind_of(stream).
    std::shared_ptr<State> make_state(const Stream& stream) const;

 private:
    std::vector<Kind> kinds_;
    std::vector<std::pair<std::string_view, const CommandSpec*>> commands_;  // sorted by name
    std::vector<std::pair<std::string_view, const EventType*>> events_;      // sorted by name
};

// `ids` in the order of the kind's segments.
Stream make_stream(const Kind& kind, std::span<const std::string> ids);
// The id under segment `name`, empty where the stream has none.
std::string_view segment_of(const Stream& stream, std::string_view name);

}  // namespace skein::domain
