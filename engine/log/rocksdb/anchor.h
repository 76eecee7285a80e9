// The anchor: a small file beside the tables that says how far the log had come, so that a log that
// went back is refused, not believed.
//
// RocksDB takes a manifest that was cut off for one that a crash cut off: it opens the store as it
// was some time ago, or empty, and removes the tables that it does not know any more. A manifest of
// which a power cut tore the last write it refuses for ever, though nothing rests on that write.
// The anchor is written at opening, after each flush and at closing, and compared before and after
// opening.
//
// File HEADS: xxh3 of the rest u64 BE | format 1 varint | string manifest | varint its bytes |
// varint count | for each shard varint position. Bytes 0: not known.
// Invariants: the manifest's bytes in it are durable and end with a record. RocksDB removes a
// write-ahead log after the anchor of the flush that emptied it, so what a manifest loses behind
// those bytes stands in the log still; where it does not, the positions tell.
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

// nullopt where none was written yet.
std::optional<Anchor> read_anchor(rocksdb::FileSystem& files, const std::string& directory);
// Atomic and durable.
rocksdb::IOStatus write_anchor(rocksdb::FileSystem& files, const std::string& directory,
                               const Anchor& anchor);

// The manifest that CURRENT names, with its whole records, which are durable on return.
Anchor durable_manifest(rocksdb::FileSystem& files, const std::string& directory);
// Before opening: the manifest is whole as far as the anchor says; what is torn behind that, which
// only a power cut does, is cut off, synced.
void check_manifest(rocksdb::FileSystem& files, const std::string& directory,
                    const std::optional<Anchor>& anchor);

}  // namespace skein::log
