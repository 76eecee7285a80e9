#include "engine/domain/kind.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/domain/codes.h"

namespace skein::domain {

namespace {

// The entry of a list of (name, pointer) sorted by name, or nullptr.
template <class T>
const T* find_by_name(const std::vector<std::pair<std::string_view, const T*>>& sorted,
                      std::string_view name) {
    const auto place =
        std::lower_bound(sorted.begin(), sorted.end(), name,
                         [](const auto& pair, auto wanted) { return pair.first < wanted; });
    return place != sorted.end() && place->first == name ? place->second : nullptr;
}

template <class T>
void sort_by_name(std::vector<std::pair<std::string_view, const T*>>& list) {
    std::sort(list.begin(), list.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 1; i < list.size(); ++i) {
        SKEIN_CHECK(list[i - 1].first != list[i].first, "{} is registered twice", list[i].first);
    }
}

// The next part of a stream's name up to a slash; takes it off `rest`.
std::string_view next_part(std::string_view& rest) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

bool has_segments(const Kind& kind, std::string_view name) {
    for (const std::string_view segment : kind.segments) {
        if (next_part(name) != segment) return false;
        if (next_part(name).empty()) return false;
    }
    return name.empty();
}

}  // namespace

Registry::Registry(std::vector<Kind> kinds) : kinds_(std::move(kinds)) {
    for (const Kind& kind : kinds_) {
        for (const CommandSpec& command : kind.commands)
            commands_.emplace_back(command.type, &command);
        for (const EventType* event : kind.events) events_.emplace_back(event->name, event);
    }
    sort_by_name(commands_);
    sort_by_name(events_);
}

const Kind* Registry::find_kind(std::string_view name) const {
    for (const Kind& kind : kinds_) {
        if (kind.name == name) return &kind;
    }
    return nullptr;
}

const Kind* Registry::kind_of(const Stream& stream) const {
    for (const Kind& kind : kinds_) {
        if (has_segments(kind, stream.str())) return &kind;
    }
    return nullptr;
}

const CommandSpec* Registry::find_command(std::string_view type) const {
    return find_by_name(commands_, type);
}

const EventType* Registry::find_event(std::string_view type) const {
    return find_by_name(events_, type);
}

std::vector<const RejectionCode*> Registry::codes() const {
    const auto general = codes::general();
    std::vector<const RejectionCode*> all(general.begin(), general.end());
    for (const Kind& kind : kinds_) all.insert(all.end(), kind.codes.begin(), kind.codes.end());
    std::sort(all.begin(), all.end(), [](auto* a, auto* b) { return a->name < b->name; });
    const auto same = [](auto* a, auto* b) { return a->name == b->name; };
    all.erase(std::unique(all.begin(), all.end(), same), all.end());
    return all;
}

std::string_view Registry::nearest_command(std::string_view type) const {
    std::vector<std::string_view> names;
    for (const auto& [name, spec] : commands_) names.push_back(name);
    return nearest(type, names);
}

std::shared_ptr<State> Registry::make_state(const Stream& stream) const {
    const Kind* kind = kind_of(stream);
    SKEIN_CHECK(kind != nullptr, "{} is of no registered kind", stream.str());
    return kind->make_state(stream);
}

Stream make_stream(const Kind& kind, std::span<const std::string> ids) {
    SKEIN_CHECK(ids.size() == kind.segments.size(), "{} ids for kind {}", ids.size(), kind.name);
    std::string name;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (i > 0) name.push_back('/');
        name.append(kind.segments[i]).append("/").append(ids[i]);
    }
    return Stream(std::move(name));
}

std::string_view segment_of(const Stream& stream, std::string_view name) {
    std::string_view rest = stream.str();
    while (!rest.empty()) {
        const std::string_view segment = next_part(rest);
        const std::string_view id = next_part(rest);
        if (segment == name) return id;
    }
    return {};
}

}  // namespace skein::domain
