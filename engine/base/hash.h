// The two hashes of skein: BLAKE2b (RFC 7693) where tampering must show (chain, receipts, chunks),
// XXH3 where speed counts and nobody attacks (shards, digests, row checksums).
//
// Threads: pure. Errors: none. Source: design section 3.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/hex.h"

namespace skein {

// A BLAKE2b-256 hash.
struct Hash {
    std::array<std::uint8_t, 32> bytes{};

    std::string_view view() const {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    bool operator==(const Hash&) const = default;
};

// nullopt-free: `bytes` must be 32 long, which callers have checked.
Hash hash_from_bytes(std::string_view bytes);
inline std::string to_hex(const Hash& hash) { return to_hex(hash.view()); }

Hash blake2b_256(std::string_view data);
// The same of what comes in parts.
class Blake2b256 {
 public:
    Blake2b256();
    void add(std::string_view part);
    // Of all parts; called once.
    Hash finish();

 private:
    alignas(64) std::array<unsigned char, 384> state_;  // as libsodium lays it out
};
// Keyed, for hashes that must not be guessed from their content. Key: 16 to 64 bytes.
Hash blake2b_256_keyed(std::string_view key, std::string_view data);
std::array<std::uint8_t, 16> blake2b_128(std::string_view data);

std::uint64_t xxh3_64(std::string_view data, std::uint64_t seed = 0);
struct Xxh128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const Xxh128&) const = default;
};
Xxh128 xxh3_128(std::string_view data, std::uint64_t seed = 0);

}  // namespace skein
