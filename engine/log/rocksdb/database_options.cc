#include "engine/log/rocksdb/database_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <cstdarg>

#include "engine/log/rocksdb/key_kinds.h"

namespace skein::log {

namespace {

// Receipts alone are asked for and mostly absent, so they alone are worth a filter: the whole key
// of a receipt is its "prefix", other keys have none.
class ReceiptFilterKeys final : public rocksdb::SliceTransform {
 public:
    const char* Name() const override { return "skein.ReceiptFilterKeys"; }
    rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return key; }
    bool InDomain(const rocksdb::Slice& key) const override {
        return !key.empty() && key[0] == static_cast<char>(KeyKind::kReceipt);
    }
};

// Events of a shard, and versions of a stream, come in the order of their keys: so each new row's
// place in the memory table is beside the last one's, which RocksDB remembers by this prefix. It
// halves what an append costs the processor.
class RowOrder final : public rocksdb::SliceTransform {
 public:
    const char* Name() const override { return "skein.RowOrder"; }
    rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
        if (key[0] == static_cast<char>(KeyKind::kHead)) return key;  // written with each append
        return {key.data(), key.size() - sizeof(std::uint64_t)};      // position or version
    }
    bool InDomain(const rocksdb::Slice& key) const override {
        if (key.empty()) return false;
        if (key[0] == static_cast<char>(KeyKind::kHead)) return true;
        return (key[0] == static_cast<char>(KeyKind::kEvent) ||
                key[0] == static_cast<char>(KeyKind::kStream)) &&
               key.size() > sizeof(std::uint64_t);
    }
};

// RocksDB's own text log, where it cannot be written (a full disk), ends the process: the package
// is built with assertions, and appending to a file that has failed is one. So there is none; what
// went wrong comes back as a status.
class NoTextLog final : public rocksdb::Logger {
 public:
    using Logger::Logv;
    void Logv(const char* /*format*/, va_list /*arguments*/) override {}
    std::size_t GetLogFileSize() const override { return 0; }
};

constexpr double kFilterBitsPerKey = 10;        // 1 % of absent receipts cost a read
constexpr double kMemtableFilterShare = 0.05;   // of the write buffer
constexpr std::size_t kBlockBytes = 16U << 10;  // long scans gain, a single read costs 10 us more
constexpr int kOpenFilesMax = 512;

rocksdb::BlockBasedTableOptions table_options(const RocksLogOptions& options) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
    table.block_size = kBlockBytes;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
    table.whole_key_filtering = false;
    // Memory stays within the block cache however many events there are, and opening reads none. In
    // parts of some KiB: the filter of a large file is more than the cache takes in one piece, so
    // that each look-up would read it anew (a third of a command's cost among ten million events).
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    table.cache_index_and_filter_blocks = true;
    table.cache_index_and_filter_blocks_with_high_priority = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    return table;
}

}  // namespace

rocksdb::Options make_database_options(const RocksLogOptions& options) {
    rocksdb::Options made;
    made.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(options)));
    made.prefix_extractor = std::make_shared<ReceiptFilterKeys>();
    made.memtable_insert_with_hint_prefix_extractor = std::make_shared<RowOrder>();
    made.memtable_prefix_bloom_size_ratio = kMemtableFilterShare;
    made.write_buffer_size = options.write_buffer_bytes;
    made.max_open_files = kOpenFilesMax;

    // Half the bytes for a tenth of the speed of scans (2.4 to 2.2 M events/s); zstd takes a third
    // of the bytes and halves it more than once (0.8 M/s).
    made.compression = rocksdb::kLZ4Compression;
    made.level_compaction_dynamic_level_bytes = true;

    // The default drops, without a word, what stands after a flipped byte in the middle.
    made.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    made.avoid_flush_during_recovery = false;  // what was replayed is synced again, as tables
    made.paranoid_checks = true;
    made.force_consistency_checks = true;
    made.max_bgerror_resume_count = 0;  // a failure is for reopen(), not for silent retries

    made.max_background_jobs = 2;
    made.skip_stats_update_on_db_open = true;
    made.stats_dump_period_sec = 0;
    made.stats_persist_period_sec = 0;
    made.info_log = std::make_shared<NoTextLog>();
    return made;
}

}  // namespace skein::log
