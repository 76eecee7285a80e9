#include "tools/cli/choices.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/domain/fields.h"

namespace skein::cli {

std::string suggestion(std::string_view word, const std::vector<std::string>& words) {
    const std::vector<std::string_view> candidates(words.begin(), words.end());
    const std::string_view near = domain::nearest(word, candidates);
    return near.empty() ? "" : fmt::format(" (did you mean {}?)", near);
}

CLI::Validator one_of(std::vector<std::string> words) {
    const std::string list = fmt::format("{}", fmt::join(words, ","));
    return CLI::Validator(
        [words = std::move(words)](std::string& word) -> std::string {
            if (std::find(words.begin(), words.end(), word) != words.end()) return {};
            return fmt::format("\"{}\" is not one of {}{}", word, fmt::join(words, ", "),
                               suggestion(word, words));
        },
        "{" + list + "}");
}

}  // namespace skein::cli
