// Bytes where FlatBuffers may read them: aligned to 8. Bytes from logs and networks stand anywhere.
//
// The copy lives in a buffer of the thread, so that decoding a small event allocates nothing; it is
// valid until the next copy into the same buffer. Bytes that are aligned already are not copied.
// Threads: any; buffers are thread_local. Errors: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace skein::codec {

enum class CopyOf { kOuter, kPayload };  // an envelope or snapshot, and what stands inside it

inline bool is_aligned(std::string_view bytes) {
    return reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 == 0;
}

inline std::string_view aligned(std::string_view bytes, CopyOf buffer) {
    static constexpr std::size_t kKeptWordsMax = (1U << 20) / 8;  // what a thread keeps for good
    if (bytes.empty() || is_aligned(bytes)) return bytes;
    thread_local std::vector<std::uint64_t> buffers[2];  // after the check: finding it has a price
    std::vector<std::uint64_t>& words = buffers[buffer == CopyOf::kOuter ? 0 : 1];
    const std::size_t needed = (bytes.size() + 7) / 8;
    if (words.size() > kKeptWordsMax && needed <= kKeptWordsMax) words = {};
    if (words.size() < needed) words = std::vector<std::uint64_t>(needed);
    std::memcpy(words.data(), bytes.data(), bytes.size());
    return {reinterpret_cast<const char*>(words.data()), bytes.size()};
}

}  // namespace skein::codec
