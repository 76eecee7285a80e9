#include "engine/base/hash.h"

#include <sodium.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

#include "engine/base/check.h"

namespace skein {

namespace {

// Chooses the fastest code for this processor; without it the plainest is used.
[[maybe_unused]] const bool kIsChosen = sodium_init() >= 0;

const unsigned char* bytes_of(std::string_view data) {
    return reinterpret_cast<const unsigned char*>(data.data());
}

}  // namespace

Hash hash_from_bytes(std::string_view bytes) {
    Hash hash;
    SKEIN_CHECK(bytes.size() == hash.bytes.size(), "a hash has 32 bytes, not {}", bytes.size());
    std::memcpy(hash.bytes.data(), bytes.data(), bytes.size());
    return hash;
}

Hash blake2b_256(std::string_view data) {
    Hash hash;
    crypto_generichash(hash.bytes.data(), hash.bytes.size(), bytes_of(data), data.size(), nullptr,
                       0);
    return hash;
}

Blake2b256::Blake2b256() : state_{} {
    static_assert(sizeof(crypto_generichash_state) == sizeof(state_));
    static_assert(alignof(crypto_generichash_state) <= 64);
    crypto_generichash_init(reinterpret_cast<crypto_generichash_state*>(state_.data()), nullptr, 0,
                            sizeof(Hash::bytes));
}

void Blake2b256::add(std::string_view part) {
    crypto_generichash_update(reinterpret_cast<crypto_generichash_state*>(state_.data()),
                              bytes_of(part), part.size());
}

Hash Blake2b256::finish() {
    Hash hash;
    crypto_generichash_final(reinterpret_cast<crypto_generichash_state*>(state_.data()),
                             hash.bytes.data(), hash.bytes.size());
    return hash;
}

Hash blake2b_256_keyed(std::string_view key, std::string_view data) {
    SKEIN_CHECK(key.size() >= crypto_generichash_KEYBYTES_MIN &&
                    key.size() <= crypto_generichash_KEYBYTES_MAX,
                "a BLAKE2b key has 16 to 64 bytes, not {}", key.size());
    Hash hash;
    crypto_generichash(hash.bytes.data(), hash.bytes.size(), bytes_of(data), data.size(),
                       bytes_of(key), key.size());
    return hash;
}

std::array<std::uint8_t, 16> blake2b_128(std::string_view data) {
    std::array<std::uint8_t, 16> out{};
    crypto_generichash(out.data(), out.size(), bytes_of(data), data.size(), nullptr, 0);
    return out;
}

std::uint64_t xxh3_64(std::string_view data, std::uint64_t seed) {
    return XXH3_64bits_withSeed(data.data(), data.size(), seed);
}

Xxh128 xxh3_128(std::string_view data, std::uint64_t seed) {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(data.data(), data.size(), seed);
    return {hash.low64, hash.high64};
}

}  // namespace skein
