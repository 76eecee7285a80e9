#include "engine/base/planted_bug.h"

#ifdef SKEIN_PLANTED_BUGS

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace skein {

namespace {

constexpr std::array<std::pair<std::string_view, PlantedBug>, 8> kNames{{
    {"ack-before-commit", PlantedBug::kAckBeforeCommit},
    {"epoch-ignored", PlantedBug::kEpochIgnored},
    {"select-for-doubt", PlantedBug::kSelectForDoubt},
    {"offset-first", PlantedBug::kOffsetFirst},
    {"read-from-end", PlantedBug::kReadFromEnd},
    {"gap-applied", PlantedBug::kGapApplied},
    {"no-read-back", PlantedBug::kNoReadBack},
    {"checkpoint-apart", PlantedBug::kCheckpointApart},
}};

std::optional<PlantedBug> planted() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): skein never changes its environment.
    const char* const text = std::getenv("SKEIN_PLANTED_BUG");
    if (text == nullptr) return std::nullopt;
    for (const auto& [name, bug] : kNames)
        if (name == text) return bug;
    std::fprintf(stderr, "SKEIN_PLANTED_BUG: there is no bug \"%s\"\n", text);
    std::abort();
}

}  // namespace

bool is_planted(PlantedBug bug) {
    static const std::optional<PlantedBug> chosen = planted();
    return chosen == bug;
}

}  // namespace skein

#endif
