// Options that take one of a few words, and say which one was probably meant; and counts.
//
// Threads: pure. Errors: usage errors of CLI11. Source: interfaces section 4 ("did you mean").
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace skein::cli {

CLI::Validator one_of(std::vector<std::string> words);

// A whole number from 1 on.
CLI::Validator positive();

// " (did you mean X?)" or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& words);

}  // namespace skein::cli
