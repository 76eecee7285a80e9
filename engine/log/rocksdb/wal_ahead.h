// A file system whose write-ahead logs are filled with zeros ahead of what is written, and whose
// syncs are marked (wal_mark.h).
//
// A synced write that lengthens its file also writes the file's new length, through the journal of
// the file system; one that overwrites zeros is a single write to the disk, and takes little more
// than half the time. The zeros are written in steps, become durable with the sync that comes next,
// and are cut off when the file is closed; after a crash they stand behind the last record, where
// RocksDB and check_wal pass over them. A disk without room for them gets the data alone.
//
// Threads: as rocksdb::FileSystem. Errors: those of the file system below.
// Source: V-39 (group commit), design section 3 (embedded log).
#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <string_view>

namespace skein::log {

// So much at once: some 20 writes of a busy store, and no write waits long for it.
inline constexpr std::size_t kWalAheadBytes = 256U << 10;

// The name of a write-ahead log ends so.
inline constexpr std::string_view kWalSuffix = ".log";

std::shared_ptr<rocksdb::FileSystem> with_wal_ahead(
    const std::shared_ptr<rocksdb::FileSystem>& files);

}  // namespace skein::log
