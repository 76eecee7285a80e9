#include "engine/base/hex.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace skein {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kWord = 8;
constexpr std::uint64_t kEveryByte = 0x0101010101010101;

// Eight digits, as they stand in memory, into four bytes. `wrong` gets a bit where one of them is
// none.
std::uint32_t bytes_of_word(std::uint64_t digits, std::uint64_t& wrong) {
    const std::uint64_t is_letter = (digits >> 6) & kEveryByte;
    const std::uint64_t values = (digits & 0x0F * kEveryByte) + 9 * is_letter;
    // Told by writing them again: the digits that these values have.
    const std::uint64_t is_beyond_9 = ((values + 6 * kEveryByte) >> 4) & kEveryByte;
    wrong |= digits ^ (values + '0' * kEveryByte + ('a' - '0' - 10) * is_beyond_9);
    wrong |= values & 0xF0 * kEveryByte;
    std::uint64_t pairs = (values << 4 | values >> 8) & 0x00FF00FF00FF00FF;
    pairs = (pairs | pairs >> 8) & 0x0000FFFF0000FFFF;
    return static_cast<std::uint32_t>(pairs | pairs >> 16);
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out(bytes.size() * 2, '0');
    char* to = out.data();
    for (const char c : bytes) {
        const auto byte = static_cast<std::uint8_t>(c);
        *to++ = kDigits[byte >> 4];
        *to++ = kDigits[byte & 15];
    }
    return out;
}

bool append_hex(std::string& out, std::string_view digits) {
    if (digits.size() % 2 != 0) return false;
    const std::size_t start = out.size();
    out.resize(start + digits.size() / 2);
    char* to = out.data() + start;
    std::uint64_t wrong = 0;
    for (std::size_t i = 0; i < digits.size(); i += kWord) {
        const std::size_t count = std::min(kWord, digits.size() - i);
        std::uint64_t word = '0' * kEveryByte;
        std::memcpy(&word, digits.data() + i, count);
        const std::uint32_t bytes = bytes_of_word(word, wrong);
        std::memcpy(to, &bytes, count / 2);
        to += count / 2;
    }
    return wrong == 0;
}

}  // namespace skein
