// UTF-8 as RFC 3629 has it: no surrogates, no overlong forms, at most U+10FFFF.
//
// Threads: pure. Errors: none.
#pragma once

#include <string_view>

namespace skein {

bool is_utf8(std::string_view text);

}  // namespace skein
