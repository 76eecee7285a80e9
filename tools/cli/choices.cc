#include "tools/cli/choices.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/domain/fields.h"

namespace skein::cli {

namespace {

// Letters swapped count as two edits, which is too far for a short word.
std::string sorted_letters(std::string_view word) {
    std::string letters(word);
    std::sort(letters.begin(), letters.end());
    return letters;
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string>& words) {
    const std::vector<std::string_view> candidates(words.begin(), words.end());
    std::string_view near = domain::nearest(word, candidates);
    for (const std::string& candidate : words) {
        if (near.empty() && sorted_letters(candidate) == sorted_letters(word)) near = candidate;
    }
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
