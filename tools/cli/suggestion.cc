#include "tools/cli/suggestion.h"

#include <fmt/format.h>

#include "engine/domain/fields.h"

namespace skein::cli {

std::string suggestion(std::string_view word, const std::vector<std::string>& words) {
    const std::vector<std::string_view> candidates(words.begin(), words.end());
    const std::string_view near = domain::nearest(word, candidates);
    return near.empty() ? "" : fmt::format(" (did you mean {}?)", near);
}

}  // namespace skein::cli
