// The anchor: a small file beside the tables that says how far the log had come, so that a log that
// went back is refused, not believed.
//
// RocksDB takes a manifest that was cut off for one that a crash cut off: it opens the store as it
// was some time ago, or empty, and removes the tables that it does not know any more. The anchor is
// written after each flush and at closing, and compared before and after opening.
//
// File HEADS: xxh3 of the rest u64 BE | format 1 varint | string manifest | varint its bytes |
// varint count | for each shard varint position. Bytes 0: not known.
// Threads: pure; the caller holds the store. Errors: Fault kCorruption, kUnavailable.
// Source: design section 3 (a log that went back), P9.
#pragma once

#include <rocksdb/file_system.h>

#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.h"

namespace skein::log {

struct Anchor {
    std::string manifest;  // the file that CURRENT names
    std::uint64_t manifest_bytes = 0;
    std::vector<Position> positions;  // of heads, by shard
};

// nullopt where the store was never flushed.
std::optional<Anchor> read_anchor(rocksdb::FileSystem& files, const std::string& directory);
// Atomic and durable.
rocksdb::IOStatus write_anchor(rocksdb::FileSystem& files, const std::string& directory,
                               const Anchor& anchor);

// The manifest that CURRENT names, and its size now.
Anchor current_manifest(rocksdb::FileSystem& files, const std::string& directory);
// Before opening: the manifest is whole, and not shorter than it was.
void check_manifest(rocksdb::FileSystem& files, const std::string& directory,
                    const std::optional<Anchor>& anchor);

}  // namespace skein::log
