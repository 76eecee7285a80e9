#include "engine/base/utf8.h"

#include <cstdint>

namespace skein {

namespace {

// The length of the sequence that `lead` begins, and the range its second byte must be in.
struct Lead {
    std::size_t length;
    std::uint8_t second_min;
    std::uint8_t second_max;
};

Lead lead_of(std::uint8_t byte) {
    if (byte < 0x80) return {1, 0, 0};
    if (byte >= 0xc2 && byte <= 0xdf) return {2, 0x80, 0xbf};
    if (byte == 0xe0) return {3, 0xa0, 0xbf};
    if (byte == 0xed) return {3, 0x80, 0x9f};
    if (byte >= 0xe1 && byte <= 0xef) return {3, 0x80, 0xbf};
    if (byte == 0xf0) return {4, 0x90, 0xbf};
    if (byte >= 0xf1 && byte <= 0xf3) return {4, 0x80, 0xbf};
    if (byte == 0xf4) return {4, 0x80, 0x8f};
    return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const Lead lead = lead_of(static_cast<std::uint8_t>(text[i]));
        if (lead.length == 0 || i + lead.length > text.size()) return false;
        for (std::size_t k = 1; k < lead.length; ++k) {
            const auto byte = static_cast<std::uint8_t>(text[i + k]);
            const std::uint8_t low = k == 1 ? lead.second_min : 0x80;
            const std::uint8_t high = k == 1 ? lead.second_max : 0xbf;
            if (byte < low || byte > high) return false;
        }
        i += lead.length;
    }
    return true;
}

}  // namespace skein
