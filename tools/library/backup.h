// Backups: the log of a store at one moment, in a directory of its own; views are not in it, since
// they are made from the log.
//
// A backup holds `BACKUP` (what it is, and the hash of every file) and `events/` (a log, closed).
// Both directions work in DIRECTORY.tmp, prove the result event by event, sync it and rename it:
// what bears the name is whole. A half-made DIRECTORY.tmp is removed by the next try.
// Threads: any; writers of the store go on. Errors: Fault kMissing (no backup there), kConfig (the
// target is not empty), kCorruption (a file is missing or was changed, the events do not verify),
// kUnavailable. What a progress callback throws goes through; nothing bears the name then.
// Source: C-56, C-57, interfaces section 4.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/json/value.h"
#include "tools/library/store.h"

namespace skein {

// What is being done, how much of it is done, and of how much; in bytes or events.
using BackupProgress =
    std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)>;

struct BackupContent {
    Uuid store_id;
    Timestamp created_at;
    std::vector<Position> positions;  // of heads, by shard
    std::vector<Hash> hashes;         // of heads, by shard
    std::uint64_t bytes = 0;          // of all files of the log

    std::uint64_t events() const;
    // `skein.backup/1`
    json::Value document() const;
};

// Absent, or an empty directory.
bool is_vacant(const std::filesystem::path& directory);

// What was acknowledged before the call stands in it. `directory` is vacant.
BackupContent create_backup(Store& store, const std::filesystem::path& directory,
                            const BackupProgress& progress);

struct RestoreOptions {
    std::filesystem::path backup;
    std::filesystem::path directory;  // of the store to be; vacant
    Kinds kinds;
};
// The heads are those of the backup; the log has a new incarnation, so that views above the one
// that it was are not believed above it.
BackupContent restore_backup(const RestoreOptions& options, const BackupProgress& progress);

}  // namespace skein
