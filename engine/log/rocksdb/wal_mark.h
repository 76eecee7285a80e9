// The mark: how far the newest write-ahead log is known to be synced, so that damage to the last
// write that was acknowledged is not taken for a write that the power cut.
//
// The bytes of a log do not tell the two apart: nothing stands behind either. The mark is written
// after each sync and not synced itself. A crash may leave an older one, or none, and then less is
// known; what it says was durable before it was said.
//
// File SYNCED: xxh3 of the rest u64 BE | number of the log u64 BE | its bytes u64 BE.
// Threads: any. Errors: Fault of the file system where it cannot be read; what cannot be written
// leaves the mark before. Source: reliability 3.3, V-39.
#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace skein::log {

inline constexpr const char* kWalMarkName = "SYNCED";

struct WalMark {
    std::uint64_t number = 0;  // of the log, as in its name
    std::uint64_t bytes = 0;
};

// nullopt where there is none, or none that is whole.
std::optional<WalMark> read_wal_mark(rocksdb::FileSystem& files, const std::string& directory);

// The number in the name of a write-ahead log, as in 000012.log; nullopt for other names.
std::optional<std::uint64_t> wal_number(std::string_view name);

class WalMarker {
 public:
    explicit WalMarker(std::shared_ptr<rocksdb::FileSystem> files) : files_(std::move(files)) {}

    // The log at `path` is durable to `bytes`.
    void mark(const std::string& path, std::uint64_t bytes);

 private:
    const std::shared_ptr<rocksdb::FileSystem> files_;
    std::mutex mutex_;
    std::unique_ptr<rocksdb::FSWritableFile> file_;  // guarded by mutex_
};

}  // namespace skein::log
