// The rows in RocksDB: one column family, write-ahead log on and never synced, checksums paranoid.
//
// One column family, because several with the journal off can lose data in RocksDB 7.8 (design 6).
// Any background error closes the store for good: the view is rebuilt, never patched.
// Threads: as the port. Errors: as the port. Source: reliability 3.3 and section 6.
#pragma once

#include <filesystem>
#include <memory>

#include "projections/store/view_store.h"

namespace rocksdb {
class FileSystem;
}  // namespace rocksdb

namespace skein::projections::store {

// A cache of blocks that several generations share.
class BlockCache {
 public:
    explicit BlockCache(std::size_t bytes);
    ~BlockCache();
    struct Held;
    const Held& held() const { return *held_; }

 private:
    std::unique_ptr<Held> held_;
};

struct RocksViewOptions {
    std::filesystem::path directory;
    std::shared_ptr<const BlockCache> block_cache;
    std::shared_ptr<rocksdb::FileSystem> files = nullptr;  // of the rows; null: the system's
};

// Opens or makes the store. Fault kUnavailable where another process holds it.
std::unique_ptr<ViewStore> open_rocks_view_store(const RocksViewOptions& options);

}  // namespace skein::projections::store
