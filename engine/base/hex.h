// Hexadecimal text: two digits a byte, 0-9 and a-f.
//
// Threads: pure. Errors: as values. Source: house.
#pragma once

#include <string>
#include <string_view>

namespace skein {

std::string to_hex(std::string_view bytes);

// Appends the bytes that `digits` stand for. False where they are no whole bytes, or hold another
// character, A-F among them; `out` is of no use then.
[[nodiscard]] bool append_hex(std::string& out, std::string_view digits);

}  // namespace skein
