// The chain of hashes over the numbered entries of a shard: whoever changes, drops or moves an
// entry changes every hash behind it.
//
//   h(0) = BLAKE2b-256(store id)
//   h(n) = BLAKE2b-256(0x00 | shard u32 BE | position u64 BE | h(n-1) | BLAKE2b-256(bytes))
// The 0x00 keeps links apart from anything else that is ever hashed the same way.
// Threads: pure. Errors: none. Source: design section 3; reliability 3.8.
#pragma once

#include <span>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/base/ids.h"

namespace skein {

Hash chain_start(const Uuid& store_id);
Hash chain_next(Shard shard, Position position, const Hash& previous, std::string_view bytes);

// What an entry's hash is made from.
struct ChainLink {
    Position position;
    Hash previous;
    std::string_view bytes;
};
// hashes[i] is chain_next of links[i]. For those who have the hashes before: four at a time take
// half the time (blake2b_lanes.h).
void chain_each(Shard shard, std::span<const ChainLink> links, std::span<Hash> hashes);

}  // namespace skein
