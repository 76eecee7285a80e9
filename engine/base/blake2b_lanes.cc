#include "engine/base/blake2b_lanes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "engine/base/check.h"

namespace skein {

#if defined(__x86_64__)
namespace {

// Word i of all four messages.
using Lanes = std::uint64_t __attribute__((vector_size(32)));
using LaneBytes = char __attribute__((vector_size(32)));

constexpr std::size_t kBlockBytes = 128;
constexpr std::size_t kBlockWords = 16;
constexpr std::size_t kRounds = 12;
constexpr std::array<std::uint64_t, 8> kStart = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
constexpr std::uint64_t kParameters = 0x01010000 ^ 32;  // no key, 32 bytes, no tree
constexpr std::uint8_t kOrder[10][kBlockWords] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

#define SKEIN_ON_LANES [[gnu::target("avx2"), gnu::always_inline]] inline

SKEIN_ON_LANES void turn_right_32(Lanes& x) { x = (x >> 32) | (x << 32); }
SKEIN_ON_LANES void turn_right_24(Lanes& x) {
    const auto bytes = reinterpret_cast<LaneBytes>(x);
    x = reinterpret_cast<Lanes>(
        __builtin_shufflevector(bytes, bytes, 3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10,
                                19, 20, 21, 22, 23, 16, 17, 18, 27, 28, 29, 30, 31, 24, 25, 26));
}
SKEIN_ON_LANES void turn_right_16(Lanes& x) {
    const auto bytes = reinterpret_cast<LaneBytes>(x);
    x = reinterpret_cast<Lanes>(
        __builtin_shufflevector(bytes, bytes, 2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9,
                                18, 19, 20, 21, 22, 23, 16, 17, 26, 27, 28, 29, 30, 31, 24, 25));
}
SKEIN_ON_LANES void turn_right_63(Lanes& x) { x = (x + x) | (x >> 63); }

SKEIN_ON_LANES void mix(Lanes (&v)[16], const std::array<std::size_t, 4>& at, const Lanes& x,
                        const Lanes& y) {
    Lanes& a = v[at[0]];
    Lanes& b = v[at[1]];
    Lanes& c = v[at[2]];
    Lanes& d = v[at[3]];
    a += b + x;
    d ^= a;
    turn_right_32(d);
    c += d;
    b ^= c;
    turn_right_24(b);
    a += b + y;
    d ^= a;
    turn_right_16(d);
    c += d;
    b ^= c;
    turn_right_63(b);
}

// One block of each message: the words, the bytes up to its end, and whether it is the last.
struct Block {
    Lanes words[kBlockWords];
    Lanes count;
    Lanes is_last;
    Lanes is_any;  // zero where the message has ended before
};

SKEIN_ON_LANES void compress(Lanes (&h)[8], const Block& block) {
    Lanes v[16];
    for (std::size_t i = 0; i < 8; ++i) {
        v[i] = h[i];
        v[i + 8] = Lanes{} + kStart[i];
    }
    v[12] ^= block.count;
    v[14] ^= block.is_last;
    for (std::size_t round = 0; round < kRounds; ++round) {
        const auto& order = kOrder[round % 10];
        const auto& m = block.words;
        mix(v, {0, 4, 8, 12}, m[order[0]], m[order[1]]);
        mix(v, {1, 5, 9, 13}, m[order[2]], m[order[3]]);
        mix(v, {2, 6, 10, 14}, m[order[4]], m[order[5]]);
        mix(v, {3, 7, 11, 15}, m[order[6]], m[order[7]]);
        mix(v, {0, 5, 10, 15}, m[order[8]], m[order[9]]);
        mix(v, {1, 6, 11, 12}, m[order[10]], m[order[11]]);
        mix(v, {2, 7, 8, 13}, m[order[12]], m[order[13]]);
        mix(v, {3, 4, 9, 14}, m[order[14]], m[order[15]]);
    }
    for (std::size_t i = 0; i < 8; ++i) h[i] ^= (v[i] ^ v[i + 8]) & block.is_any;
}

std::size_t blocks_of(std::string_view message) {
    return std::max<std::size_t>(1, (message.size() + kBlockBytes - 1) / kBlockBytes);
}

std::uint64_t word_at(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

// Block `index` of each message, filled up with zeros.
SKEIN_ON_LANES void load(Block& block, const std::string_view* messages, std::size_t index) {
    alignas(32) char padded[kHashLanes][kBlockBytes];
    const char* from[kHashLanes];
    const std::size_t begin = index * kBlockBytes;
    for (std::size_t lane = 0; lane < kHashLanes; ++lane) {
        const std::string_view message = messages[lane];
        from[lane] = message.data() + begin;
        if (begin + kBlockBytes > message.size()) {
            from[lane] = padded[lane];
            std::memset(padded[lane], 0, kBlockBytes);
            if (begin < message.size())
                std::memcpy(padded[lane], message.data() + begin, message.size() - begin);
        }
        const std::size_t blocks = blocks_of(message);
        block.count[lane] = std::min(message.size(), begin + kBlockBytes);
        block.is_last[lane] = index + 1 == blocks ? ~0ULL : 0;
        block.is_any[lane] = index < blocks ? ~0ULL : 0;
    }
    for (std::size_t i = 0; i < kBlockWords; ++i) {
        block.words[i] = Lanes{word_at(from[0] + 8 * i), word_at(from[1] + 8 * i),
                               word_at(from[2] + 8 * i), word_at(from[3] + 8 * i)};
    }
}

[[gnu::target("avx2")]] void hash_four(const std::string_view* messages, Hash* hashes) {
    Lanes h[8];
    for (std::size_t i = 0; i < 8; ++i) h[i] = Lanes{} + kStart[i];
    h[0] ^= kParameters;
    std::size_t blocks = 1;
    for (std::size_t lane = 0; lane < kHashLanes; ++lane)
        blocks = std::max(blocks, blocks_of(messages[lane]));
    Block block;
    for (std::size_t index = 0; index < blocks; ++index) {
        load(block, messages, index);
        compress(h, block);
    }
    for (std::size_t lane = 0; lane < kHashLanes; ++lane) {
        for (std::size_t i = 0; i < 4; ++i) {
            const std::uint64_t word = h[i][lane];
            std::memcpy(hashes[lane].bytes.data() + 8 * i, &word, sizeof word);
        }
    }
}

#undef SKEIN_ON_LANES

}  // namespace
#endif

void blake2b_256_each(std::span<const std::string_view> messages, std::span<Hash> hashes) {
    SKEIN_CHECK(messages.size() == hashes.size(), "{} messages have {} hashes", messages.size(),
                hashes.size());
    std::size_t done = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        for (; done + kHashLanes <= messages.size(); done += kHashLanes)
            hash_four(&messages[done], &hashes[done]);
    }
#endif
    for (; done < messages.size(); ++done) hashes[done] = blake2b_256(messages[done]);
}

}  // namespace skein
