// Whether views say what the pure fold of the log says, at every version and position.
//
// Threads: one owner. Errors: returns what differs, empty where nothing does.
#pragma once

#include <fmt/format.h>

#include <string>

#include "engine/replay/log_states.h"
#include "projections/query/views.h"
#include "tests/unit/projections/story.h"

namespace skein::test {

inline std::string difference(const domain::State& found, const domain::State& expected) {
    const Timestamp never{};
    const std::string where =
        fmt::format("{} at version {}, position {}", expected.stream().str(),
                    expected.version().value(), expected.mark().position.value());
    if (found.digest() != expected.digest()) return where + ": digest";
    if (found.version() != expected.version()) return where + ": version";
    if (found.mark().position != expected.mark().position)
        return fmt::format("{}: position {}", where, found.mark().position.value());
    if (found.mark().event_id != expected.mark().event_id) return where + ": event id";
    if (found.document(never).text() != expected.document(never).text())
        return where + ": document";
    return {};
}

// `views` beside the log: each version of the runs, each `step`th position of the swarms.
inline std::string difference_from_fold(const replay::States& views, Story& story,
                                        std::uint64_t step) {
    const replay::LogStates fold(story.log(), story.codec(), replay::Snapshots::kIgnore);
    for (const Stream& stream : story.streams()) {
        const bool is_run = scope_of(stream).str() != stream.str();
        for (std::uint64_t v = 1; is_run && v <= story.version(stream).value(); ++v) {
            const auto what =
                difference(*views.at(stream, Version(v)), *fold.at(stream, Version(v)));
            if (!what.empty()) return what;
        }
        const Shard shard = log::shard_of(story.log(), stream);
        const std::uint64_t head = story.log().head(shard).position.value();
        const std::uint64_t stride = is_run ? head / 3 + 1 : step;
        for (std::uint64_t p = 1; p <= head; p += stride) {
            const auto what = difference(*views.document_at(stream, Position(p)),
                                         *fold.document_at(stream, Position(p)));
            if (!what.empty()) return "document_at: " + what;
        }
        const auto what = difference(*views.document_latest(stream), *fold.document_latest(stream));
        if (!what.empty()) return "document_latest: " + what;
    }
    return {};
}

}  // namespace skein::test
