// Copies of the files that make up an open database at one moment, while it is being written.
//
// The copies share nothing with the originals, not even blocks of the disk by hard links: damage to
// one leaves the other whole.
// Threads: any; writers go on. Errors: Fault kUnavailable (disk), kCorruption (a file is short).
// Source: design section 3 (embedded log).
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/file_system.h>

#include <cstdint>
#include <functional>
#include <string>

namespace skein::log {

// Into `target`, an existing empty directory; all synced, the directory too. What was acknowledged
// before the call stands in the copy. `progress` is told bytes done and in all.
void copy_live_files(rocksdb::DB& db, rocksdb::FileSystem& files, const std::string& target,
                     const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace skein::log
