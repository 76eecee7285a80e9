// RocksDB alone: the ceiling that skein's writing is measured against.
//
// Threads: one. Errors: a failed call ends the process.
#pragma once

#include <rocksdb/db.h>

#include <filesystem>
#include <memory>
#include <string>

namespace skein::bench {

enum class Sync { kEachBatch, kNever };

// An empty database with RocksDB's defaults.
class RawRocks {
 public:
    explicit RawRocks(const std::filesystem::path& directory);
    void write(rocksdb::WriteBatch& batch, Sync sync);
    // Precondition: the key is there.
    std::string get(const std::string& key);
    rocksdb::DB& db() { return *db_; }

 private:
    std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace skein::bench
