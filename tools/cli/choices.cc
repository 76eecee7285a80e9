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

CLI::Validator positive() {
    return CLI::Validator(
        [](std::string& word) -> std::string {
            const bool is_number = !word.empty() && word.size() <= 9 &&
                                   word.find_first_not_of("0123456789") == std::string::npos;
            if (is_number && word.find_first_not_of('0') != std::string::npos) return {};
            return fmt::format("\"{}\" is no whole number from 1 to 999999999", word);
        },
        "POSITIVE");
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
