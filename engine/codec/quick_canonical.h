// Whether bytes are canonical JSON, quickly for what most values are: small numbers, plain text,
// objects and lists of them. What the quick walk does not know goes to json::is_canonical.
//
// Threads: pure. Errors: none. Source: interfaces section 9 (canonical form).
#pragma once

#include <string_view>

namespace skein::codec {

bool is_canonical_value(std::string_view bytes);
// UTF-8, quickly for ASCII.
bool is_text(std::string_view bytes);

}  // namespace skein::codec
