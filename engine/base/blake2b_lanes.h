// BLAKE2b-256 of several messages at once.
//
// A processor with lanes of four 64-bit words hashes four messages in the time of little more than
// one. Libraries hash one message after another (libsodium), or one long message in another tree
// (BLAKE2bp), so this is our own; the hashes are those of `blake2b_256`, which also does the work
// where there are no such lanes.
// Threads: pure. Errors: none. Source: RFC 7693; design section 3 (chain).
#pragma once

#include <span>
#include <string_view>

#include "engine/base/hash.h"

namespace skein {

inline constexpr std::size_t kHashLanes = 4;

// hashes[i] is that of messages[i]; as many of the one as of the other. Fastest for messages of
// similar lengths, in multiples of kHashLanes.
void blake2b_256_each(std::span<const std::string_view> messages, std::span<Hash> hashes);

}  // namespace skein
