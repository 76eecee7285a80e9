// The heads of all shards, as backups and bundles tell them.
//
// Threads: pure. Errors: none. Source: interfaces section 4 (backups, bundles).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/json/value.h"

namespace skein {

// How many events stand before these positions, by shard.
std::uint64_t sum_of(const std::vector<Position>& positions);
// Both by shard, and as long as one another.
json::Value heads_document(const std::vector<Position>& positions, const std::vector<Hash>& hashes);

}  // namespace skein
