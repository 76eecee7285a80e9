#include "engine/replay/resource.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/domain/codes.h"
#include "engine/domain/fields.h"
#include "engine/json/writer.h"

namespace skein::replay {

namespace {

using domain::Rejection;

constexpr std::size_t kNamesComparedMax =
    10'000;                                // a slip is told in a moment, also in a huge store
constexpr std::size_t kCandidatesMax = 5;  // as many as fit on a line or two of an error

bool has_valid_ids(const Stream& stream, const domain::Kind& kind) {
    for (const std::string_view segment : kind.segments) {
        if (!is_id(domain::segment_of(stream, segment))) return false;
    }
    return true;
}

// A stream's name in the form of `text`: whole, as a board, or its last segment alone. Empty where
// it has no such form.
std::string name_like(std::string_view text, const Stream& stream) {
    const std::string& whole = stream.str();
    const std::size_t head = text.find('/');
    const auto has_head = [&](std::string_view name) {
        return name.substr(0, name.find('/')) == text.substr(0, head);
    };
    const bool is_single = std::count(whole.begin(), whole.end(), '/') == 1;
    if (text.starts_with("board/"))
        return is_single && whole.starts_with("swarm/") ? "board/" + whole.substr(6) : "";
    if (std::count(text.begin(), text.end(), '/') == std::count(whole.begin(), whole.end(), '/'))
        return has_head(whole) ? whole : "";
    const std::string last = whole.substr(whole.rfind('/', whole.rfind('/') - 1) + 1);
    return !is_single && has_head(last) ? last : "";
}

// The name in the store that `text` is most like, those beside it first.
std::string nearest_name(const log::EventLog& log, std::string_view text) {
    for (const Scope& scope : {scope_of(Stream(std::string(text))), Scope()}) {
        std::vector<std::string> names;
        log.scan_streams(scope, Stream(), [&](const Stream& stream, Version) {
            if (std::string name = name_like(text, stream); !name.empty())
                names.push_back(std::move(name));
            return names.size() < kNamesComparedMax;
        });
        const auto near = domain::nearest(text, {names.begin(), names.end()});
        if (!near.empty()) return std::string(near);
    }
    return {};
}

tl::unexpected<Rejection> not_found(const log::EventLog& log, std::string_view text) {
    const std::string near = nearest_name(log, text);
    std::string message = fmt::format("there is no {} in this store", text);
    if (near.empty()) return fail(domain::reject(domain::codes::kNoSuchStream, std::move(message)));
    json::ObjectWriter context;
    context.member_text("suggestion", near);
    return fail(domain::reject(domain::codes::kNoSuchStream,
                               message + fmt::format(" (did you mean {}?)", near),
                               context.value()));
}

// Streams whose name ends in "/" + `text`: the candidates of a short name.
std::vector<Stream> streams_ending_in(const log::EventLog& log, std::string_view text) {
    const std::string ending = fmt::format("/{}", text);
    std::vector<Stream> found;
    log.scan_streams(Scope(), Stream(), [&](const Stream& stream, Version) {
        if (stream.str().ends_with(ending)) found.push_back(stream);
        return found.size() <= kCandidatesMax;
    });
    return found;
}

tl::unexpected<Rejection> ambiguous(std::string_view text, const std::vector<Stream>& candidates) {
    std::string names;
    for (std::size_t i = 0; i < candidates.size() && i < kCandidatesMax; ++i)
        names += fmt::format("{}{}", i == 0 ? "" : ", ", candidates[i].str());
    if (candidates.size() > kCandidatesMax) names += ", ...";
    return fail(domain::reject(domain::codes::kAmbiguousName,
                               fmt::format("{} could be any of: {}", text, names)));
}

// The last segment of a kind with several: `run/R` is short for `swarm/S/run/R`.
bool is_short_form(const domain::Registry& registry, std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos || !is_id(text.substr(slash + 1))) return false;
    for (const domain::Kind& kind : registry.kinds()) {
        if (kind.segments.size() > 1 && kind.segments.back() == text.substr(0, slash)) return true;
    }
    return false;
}

}  // namespace

Result<Resource, Rejection> find_resource(const log::EventLog& log,
                                          const domain::Registry& registry, std::string_view text) {
    Resource resource;
    if (text.starts_with("board/")) {
        resource.part = Part::kBoard;
        resource.stream = Stream(fmt::format("swarm/{}", text.substr(6)));
    } else {
        resource.stream = Stream(std::string(text));
    }
    if (const domain::Kind* kind = registry.kind_of(resource.stream)) {
        if (!has_valid_ids(resource.stream, *kind))
            return fail(domain::reject(domain::codes::kInvalidId,
                                       fmt::format("{} holds an id that cannot be one", text)));
        if (log.stream_head(resource.stream).value() == 0) return not_found(log, text);
        return resource;
    }
    if (is_short_form(registry, text)) {
        const std::vector<Stream> found = streams_ending_in(log, text);
        if (found.empty()) return not_found(log, text);
        if (found.size() > 1) return ambiguous(text, found);
        resource.stream = found.front();
        return resource;
    }
    std::string forms;
    for (const domain::Kind& kind : registry.kinds()) {
        if (!forms.empty()) forms += ", ";
        for (const std::string_view segment : kind.segments)
            forms += fmt::format("{}{}/ID", segment == kind.segments.front() ? "" : "/", segment);
    }
    return fail(domain::reject(domain::codes::kInvalidResource,
                               fmt::format("\"{}\" names no resource; resources are {}, run/ID and "
                                           "board/ID",
                                           text, forms)));
}

}  // namespace skein::replay
