#include "engine/base/random.h"

#include <sodium.h>

namespace skein {

std::string Random::bytes(std::size_t count) {
    std::string out;
    out.reserve(count + 8);
    while (out.size() < count) {
        const std::uint64_t word = next();
        for (unsigned i = 0; i < 8; ++i) out.push_back(static_cast<char>(word >> (8 * i)));
    }
    out.resize(count);
    return out;
}

Uuid Random::uuid() {
    const std::string raw = bytes(16);
    std::array<std::uint8_t, 16> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(raw[i]);
    out[6] = static_cast<std::uint8_t>((out[6] & 0x0f) | 0x40);
    out[8] = static_cast<std::uint8_t>((out[8] & 0x3f) | 0x80);
    return Uuid(out);
}

std::uint64_t SystemRandom::next() {
    std::uint64_t word = 0;
    randombytes_buf(&word, sizeof word);
    return word;
}

std::uint64_t SeededRandom::next() {
    const std::lock_guard lock(mutex_);
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

}  // namespace skein
