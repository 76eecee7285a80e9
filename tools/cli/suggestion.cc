#include "tools/cli/suggestion.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/domain/fields.h"

namespace skein::cli {

namespace {

constexpr std::size_t kBegunMin = 3;  // letters, the dashes of an option included

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string>& words) {
    const std::vector<std::string_view> candidates(words.begin(), words.end());
    // Who breaks a word off means it, however near another one is.
    const auto begun = std::find_if(candidates.begin(), candidates.end(), [&](auto candidate) {
        return word.size() >= kBegunMin && candidate.starts_with(word);
    });
    const std::string_view near =
        begun != candidates.end() ? *begun : domain::nearest(word, candidates);
    return near.empty() ? "" : fmt::format(" (did you mean {}?)", near);
}

}  // namespace skein::cli
