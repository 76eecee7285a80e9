// Hashes of many messages at once are those of one after another, whatever the lengths.
#include "engine/base/chain.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "engine/base/blake2b_lanes.h"
#include "engine/base/random.h"

namespace skein {

namespace {

std::string random_text(SeededRandom& random, std::size_t length) {
    return length == 0 ? std::string() : random.bytes(length);
}

}  // namespace

TEST_CASE("hash: four messages at once have the hashes of each alone") {
    constexpr std::uint64_t kSeed = 20261121;
    SeededRandom random(kSeed);
    // Around the ends of blocks, and far apart within one group.
    constexpr std::array<std::size_t, 12> kLengths = {0,   1,   8,   127, 128,  129,
                                                      255, 256, 257, 511, 1024, 5000};
    for (int round = 0; round < 300; ++round) {
        const std::size_t count = random.below(10);
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t length =
                round % 2 == 0 ? kLengths[random.below(kLengths.size())] : random.below(700);
            texts.push_back(random_text(random, length));
        }
        const std::vector<std::string_view> messages(texts.begin(), texts.end());
        std::vector<Hash> hashes(count);
        blake2b_256_each(messages, hashes);
        for (std::size_t i = 0; i < count; ++i) {
            INFO("seed " << kSeed << ", round " << round << ", message " << i << " of " << count
                         << ", " << texts[i].size() << " bytes");
            REQUIRE(hashes[i] == blake2b_256(messages[i]));
        }
    }
}

TEST_CASE("hash: BLAKE2b-256 of \"abc\" is what the reference gives") {
    const std::vector<std::string_view> messages(kHashLanes, "abc");
    std::vector<Hash> hashes(kHashLanes);
    blake2b_256_each(messages, hashes);
    for (const Hash& hash : hashes) {
        CHECK(to_hex(hash) == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    }
}

TEST_CASE("chain: many links at once are the links of one after another [V-170]") {
    SeededRandom random(7);
    for (const std::size_t count : {0, 1, 3, 4, 63, 64, 65, 200}) {
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < count; ++i)
            texts.push_back(random_text(random, random.below(600)));
        Hash previous = chain_start(random.uuid());
        std::vector<ChainLink> links;
        std::vector<Hash> expected;
        for (std::size_t i = 0; i < count; ++i) {
            const Position position(i + 1);
            links.push_back({position, previous, texts[i]});
            previous = chain_next(Shard(3), position, previous, texts[i]);
            expected.push_back(previous);
        }
        std::vector<Hash> hashes(count);
        chain_each(Shard(3), links, hashes);
        CHECK(hashes == expected);
    }
}

}  // namespace skein
