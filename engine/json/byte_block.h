// Sixteen bytes at once: what scanning JSON text costs is mostly looking for the few bytes that
// mean something. Compilers turn these into a few vector instructions on every processor.
//
// Threads: pure. Errors: none; the caller sees to it that 16 bytes may be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace skein::json {

inline constexpr std::size_t kByteBlock = 16;
using ByteBlock [[gnu::vector_size(kByteBlock)]] = signed char;

inline ByteBlock block_at(const char* bytes) {
    ByteBlock block;
    std::memcpy(&block, bytes, sizeof block);
    return block;
}

// Whether any lane of a comparison holds.
inline bool any_of(ByteBlock mask) {
    std::uint64_t halves[2];
    std::memcpy(halves, &mask, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

// No quote, no backslash, no control character, nothing beyond ASCII: those are negative here.
inline bool is_plain_block(const char* bytes) {
    const ByteBlock block = block_at(bytes);
    return !any_of((block < ' ') | (block == '"') | (block == '\\'));
}

inline bool has_quote_or_slash(const char* bytes) {
    const ByteBlock block = block_at(bytes);
    return any_of((block == '"') | (block == '\\'));
}

}  // namespace skein::json
