#include "bench/raw_rocks.h"

#include "engine/base/check.h"

namespace skein::bench {

RawRocks::RawRocks(const std::filesystem::path& directory) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(options, directory.string(), &opened);
    SKEIN_CHECK(status.ok(), "opening RocksDB alone: {}", status.ToString());
    db_.reset(opened);
}

void RawRocks::write(rocksdb::WriteBatch& batch, Sync sync) {
    rocksdb::WriteOptions options;
    options.sync = sync == Sync::kEachBatch;
    const rocksdb::Status status = db_->Write(options, &batch);
    SKEIN_CHECK(status.ok(), "writing to RocksDB alone: {}", status.ToString());
}

std::string RawRocks::get(const std::string& key) {
    std::string value;
    const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), key, &value);
    SKEIN_CHECK(status.ok(), "reading from RocksDB alone: {}", status.ToString());
    return value;
}

}  // namespace skein::bench
