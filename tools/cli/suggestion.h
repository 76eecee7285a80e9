// Which of the known words was probably meant.
//
// Threads: pure. Errors: none. Source: interfaces section 4 ("did you mean").
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skein::cli {

// " (did you mean X?)" or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& words);

}  // namespace skein::cli
