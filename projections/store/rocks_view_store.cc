#include "projections/store/rocks_view_store.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdarg>
#include <mutex>

#include "engine/base/check.h"
#include "engine/base/fault_codes.h"
#include "engine/base/journal_files.h"
#include "projections/store/document_rows.h"
#include "projections/store/row_checksum.h"

namespace skein::projections::store {

namespace {

constexpr std::size_t kWriteBufferBytes = 32U << 20;  // a second of projecting; twice in flight
constexpr std::size_t kBlockBytes = 8U << 10;         // deltas and their keyframe share few blocks
constexpr double kMemtableFilterShare = 0.05;         // of a write buffer
constexpr int kBackgroundJobs = 2;                    // one flush beside one compaction
constexpr std::size_t kIngestBatchBytes = 1U << 20;   // below it a file of its own costs more
constexpr int kBloomBits = 10;                        // 1 % of absent chunks cost a read
constexpr int kFilesBeforeCompaction = 2;             // reads look into each of them
constexpr int kFilesBeforeCompactionInBulk = 16;      // half a gigabyte
constexpr const char* kCompactionTrigger = "level0_file_num_compaction_trigger";

// Unless it is told not to, RocksDB counts for each thread what its reads do, which takes a tenth
// of a scan's time; nobody asks for these counts.
void count_nothing() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); }

std::unique_ptr<rocksdb::Iterator> iterate(rocksdb::DB& db, const rocksdb::ReadOptions& options) {
    count_nothing();
    return std::unique_ptr<rocksdb::Iterator>(db.NewIterator(options));
}
rocksdb::Slice slice_of(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view_of(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

bool is_disk_full(const rocksdb::Status& status) {
    return status.IsNoSpace() || tells_disk_full(status.ToString());
}

[[noreturn]] void throw_status(const rocksdb::Status& status, std::string_view doing) {
    const std::string what = fmt::format("the view store failed {}: {}", doing, status.ToString());
    if (is_disk_full(status))
        throw Fault(fault_codes::kDiskFull, what,
                    "Free space on the disk of the view directory, then try again.");
    // Files that are gone or are none of RocksDB's do not come back by waiting.
    if (status.IsCorruption() || status.IsNotFound() || status.IsInvalidArgument() ||
        status.IsPathNotFound())
        throw ViewDamage(what);
    throw Fault(FaultKind::kUnavailable, what, "Check the disk of the view directory.");
}

// RocksDB is read-only from here on: the view is over, whatever the cause.
[[noreturn]] void throw_lost(const rocksdb::Status& status, std::string_view what) {
    throw ViewDamage(
        is_disk_full(status) ? fault_codes::kDiskFull : code_of(FaultKind::kCorruption),
        fmt::format("{}: {}", what, status.ToString()));
}

void must(const rocksdb::Status& status, std::string_view doing) {
    if (!status.ok()) throw_status(status, doing);
}

std::string_view opened(std::string_view key, std::string_view stored) {
    const std::optional<std::string_view> value = open_row(key, stored);
    if (!value) throw ViewDamage(fmt::format("a row fails its checksum: {}", show_key(key)));
    return *value;
}

// Remembers that RocksDB gave up on something in the background, and why.
class Watch final : public rocksdb::EventListener {
 public:
    void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
        const std::lock_guard lock(mutex_);
        if (!failed_.load()) why_ = *status;
        failed_.store(true);
    }
    bool failed() const { return failed_.load(); }
    rocksdb::Status why() const {
        const std::lock_guard lock(mutex_);
        return why_;
    }

 private:
    std::atomic<bool> failed_{false};
    mutable std::mutex mutex_;
    rocksdb::Status why_;  // guarded by mutex_
};

// RocksDB's own text log is not kept: on a full disk writing it ends the process (assertions are on
// in Debian's build), and what it says reaches the operator as a Fault.
class NoTextLog final : public rocksdb::Logger {
 public:
    using rocksdb::Logger::Logv;
    void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

class RocksBatch final : public RowBatch {
 public:
    void put(std::string_view key, std::string_view value) override {
        const std::string trailer = row_trailer(key, value);
        const rocksdb::Slice key_part = slice_of(key);
        const std::array<rocksdb::Slice, 2> parts{slice_of(value), slice_of(trailer)};
        must(batch_.Put(rocksdb::SliceParts(&key_part, 1), rocksdb::SliceParts(parts.data(), 2)),
             "adding a row");
    }
    void erase(std::string_view key) override { must(batch_.Delete(slice_of(key)), "erasing"); }
    void erase_range(std::string_view from, std::string_view to) override {
        must(batch_.DeleteRange(slice_of(from), slice_of(to)), "erasing a range");
    }
    void clear() override { batch_.Clear(); }
    std::size_t bytes() const override { return batch_.GetDataSize(); }
    rocksdb::WriteBatch& batch() { return batch_; }

 private:
    rocksdb::WriteBatch batch_;
};

// The rows of a batch as a sorted run: where a batch has only rows, and the last one of a key wins.
class SortedRows final : public rocksdb::WriteBatch::Handler {
 public:
    rocksdb::Status PutCF(std::uint32_t, const rocksdb::Slice& key,
                          const rocksdb::Slice& value) override {
        rows_.emplace_back(key, value);
        return rocksdb::Status::OK();
    }
    // Anything but a row has its place in the order of the batch: then it is written as it is.
    rocksdb::Status DeleteCF(std::uint32_t, const rocksdb::Slice&) override { return other(); }
    rocksdb::Status DeleteRangeCF(std::uint32_t, const rocksdb::Slice&,
                                  const rocksdb::Slice&) override {
        return other();
    }

    bool sort() {
        if (has_others_) return false;
        std::stable_sort(rows_.begin(), rows_.end(),
                         [](const auto& a, const auto& b) { return a.first.compare(b.first) < 0; });
        return true;
    }
    const std::vector<std::pair<rocksdb::Slice, rocksdb::Slice>>& rows() const { return rows_; }

 private:
    rocksdb::Status other() {
        has_others_ = true;
        return rocksdb::Status::OK();
    }

    std::vector<std::pair<rocksdb::Slice, rocksdb::Slice>> rows_;
    bool has_others_ = false;
};

class RocksCursor final : public RowCursor {
 public:
    RocksCursor(rocksdb::DB& db, std::string_view from, std::string_view to)
        : from_(from), to_(to), lower_(from_), upper_(to_) {
        rocksdb::ReadOptions options = read_options_between(from, to);
        options.iterate_lower_bound = &lower_;
        options.iterate_upper_bound = &upper_;
        rows_ = iterate(db, options);
    }
    RocksCursor(const RocksCursor&) = delete;
    RocksCursor& operator=(const RocksCursor&) = delete;

    bool seek(std::string_view at_least) override {
        rows_->Seek(slice_of(at_least));
        return show();
    }
    bool seek_for_prev(std::string_view at_most) override {
        rows_->SeekForPrev(slice_of(at_most));
        return show();
    }
    bool next() override {
        rows_->Next();
        return show();
    }
    bool found() const override { return rows_->Valid(); }
    std::string_view key() const override { return view_of(rows_->key()); }
    std::string_view value() const override { return value_; }

 private:
    bool show() {
        if (rows_->Valid()) {
            value_ = opened(key(), view_of(rows_->value()));
            return true;
        }
        must(rows_->status(), "reading");
        return false;
    }

    const std::string from_;
    const std::string to_;
    const rocksdb::Slice lower_;  // of from_ and to_, for as long as rows_ lives
    const rocksdb::Slice upper_;
    std::unique_ptr<rocksdb::Iterator> rows_;
    std::string_view value_;
};

class RocksViewStore final : public ViewStore {
 public:
    RocksViewStore(RocksViewOptions options, const rocksdb::Options& rocks,
                   std::shared_ptr<Watch> watch);
    ~RocksViewStore() override;

    std::optional<std::string> get(std::string_view key) const override;
    std::unique_ptr<RowCursor> walk(std::string_view from, std::string_view to) const override;
    void check_rows(std::string_view from, std::string_view to, const Check& visit) const override;
    std::unique_ptr<RowBatch> make_batch() const override { return std::make_unique<RocksBatch>(); }
    void write(RowBatch& batch, Journal journal) override;
    void ingest(const std::vector<Row>& sorted) override;
    void flush() override;
    StoreStats stats() const override;
    void destroy_when_closed() override { destroy_.store(true); }

 private:
    void must_be_sound() const {
        if (watch_->failed()) throw_lost(watch_->why(), "RocksDB failed in the background");
    }

    // Adds the rows of a large batch past the memory table; false where it has other changes too.
    bool ingest_batch(const rocksdb::WriteBatch& batch);
    // While runs come in one after another, compacting each few of them would take half the machine
    // for what the next few undo.
    void hold_compaction();
    void release_compaction();
    // `fill` puts rows with strictly increasing keys.
    void ingest_run(const std::function<void(rocksdb::SstFileWriter&)>& fill);

    const RocksViewOptions options_;
    const std::shared_ptr<Watch> watch_;
    const std::unique_ptr<rocksdb::Env> env_;  // outlives db_
    std::unique_ptr<rocksdb::DB> db_;
    std::atomic<bool> destroy_{false};
    std::atomic<std::uint64_t> runs_ingested_{0};
    std::atomic<bool> is_compaction_held_{false};
};

RocksViewStore::RocksViewStore(RocksViewOptions options, const rocksdb::Options& rocks,
                               std::shared_ptr<Watch> watch)
    : options_(std::move(options)),
      watch_(std::move(watch)),
      env_(rocksdb::NewCompositeEnv(options_.files ? options_.files
                                                   : rocksdb::FileSystem::Default())) {
    rocksdb::Options made = rocks;
    made.env = env_.get();
    rocksdb::DB* opened_db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(made, options_.directory.string(), &opened_db);
    db_.reset(opened_db);
    must(status, "opening");
    if (!options_.files) remove_empty_journals(options_.directory);
}

RocksViewStore::~RocksViewStore() {
    db_.reset();
    if (!destroy_.load()) return;
    std::error_code ignored;  // what stays is removed at the next open
    std::filesystem::remove_all(options_.directory, ignored);
}

std::optional<std::string> RocksViewStore::get(std::string_view key) const {
    count_nothing();
    std::string stored;
    const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), slice_of(key), &stored);
    if (status.IsNotFound()) return std::nullopt;
    must(status, "reading");
    stored.resize(opened(key, stored).size());
    return stored;
}

std::unique_ptr<RowCursor> RocksViewStore::walk(std::string_view from, std::string_view to) const {
    return std::make_unique<RocksCursor>(*db_, from, to);
}

void RocksViewStore::check_rows(std::string_view from, std::string_view to,
                                const Check& visit) const {
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    options.fill_cache = false;
    const rocksdb::Slice upper = slice_of(to);
    if (!to.empty()) options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> rows = iterate(*db_, options);
    for (rows->Seek(slice_of(from)); rows->Valid(); rows->Next()) {
        const std::string_view key = view_of(rows->key());
        if (!visit(key, open_row(key, view_of(rows->value())).has_value())) return;
    }
    must(rows->status(), "reading");
}

void RocksViewStore::write(RowBatch& batch, Journal journal) {
    must_be_sound();
    auto* own = dynamic_cast<RocksBatch*>(&batch);
    SKEIN_CHECK(own != nullptr, "the batch was made by another store");
    // Sorting once costs less than a place in the memory table for each row.
    if (journal == Journal::kSkipped && own->bytes() >= kIngestBatchBytes &&
        ingest_batch(own->batch()))
        return own->clear();
    rocksdb::WriteOptions options;
    options.sync = false;
    options.disableWAL = journal == Journal::kSkipped;
    const rocksdb::Status status = db_->Write(options, &own->batch());
    if (!status.ok()) throw_lost(status, "the view store refused a write");
    own->clear();
}

void RocksViewStore::ingest(const std::vector<Row>& sorted) {
    must_be_sound();
    if (sorted.empty()) return;
    ingest_run([&](rocksdb::SstFileWriter& writer) {
        for (const Row& row : sorted) {
            const std::string stored = row.value + row_trailer(row.key, row.value);
            must(writer.Put(row.key, stored), "writing a sorted run");
        }
    });
}

void RocksViewStore::ingest_run(const std::function<void(rocksdb::SstFileWriter&)>& fill) {
    const std::string path =
        (options_.directory / fmt::format("run-{}.sst", runs_ingested_.fetch_add(1))).string();
    rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), db_->GetOptions());
    must(writer.Open(path), "opening a sorted run");
    fill(writer);
    must(writer.Finish(), "finishing a sorted run");
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.write_global_seqno = false;  // the file stays as it was written and synced
    const rocksdb::Status status = db_->IngestExternalFile({path}, options);
    std::error_code ignored;  // moved already where all went well
    std::filesystem::remove(path, ignored);
    must(status, "ingesting a sorted run");
}

bool RocksViewStore::ingest_batch(const rocksdb::WriteBatch& batch) {
    SortedRows sorted;
    must(batch.Iterate(&sorted), "reading a batch");
    if (!sorted.sort()) return false;
    hold_compaction();
    ingest_run([&](rocksdb::SstFileWriter& writer) {
        const auto& rows = sorted.rows();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (i + 1 < rows.size() && rows[i].first == rows[i + 1].first) continue;
            must(writer.Put(rows[i].first, rows[i].second), "writing a sorted run");
        }
    });
    return true;
}

void RocksViewStore::hold_compaction() {
    if (is_compaction_held_.exchange(true)) return;
    must(db_->SetOptions({{kCompactionTrigger, std::to_string(kFilesBeforeCompactionInBulk)}}),
         "holding back");
}

void RocksViewStore::release_compaction() {
    if (!is_compaction_held_.exchange(false)) return;
    must(db_->SetOptions({{kCompactionTrigger, std::to_string(kFilesBeforeCompaction)}}),
         "compacting");
}

void RocksViewStore::flush() {
    must_be_sound();
    release_compaction();
    must(db_->Flush(rocksdb::FlushOptions()), "flushing");
}

StoreStats RocksViewStore::stats() const {
    StoreStats stats;
    std::uint64_t memory = 0;
    db_->GetIntProperty(rocksdb::DB::Properties::kEstimateNumKeys, &stats.rows);
    db_->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &stats.bytes);
    db_->GetIntProperty(rocksdb::DB::Properties::kSizeAllMemTables, &memory);
    stats.bytes += memory;
    return stats;
}

rocksdb::Options rocks_options(const std::shared_ptr<rocksdb::Cache>& cache,
                               const std::shared_ptr<Watch>& watch) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.paranoid_checks = true;
    options.allow_data_in_errors = false;
    options.write_buffer_size = kWriteBufferBytes;
    options.prefix_extractor = document_rows();
    options.memtable_prefix_bloom_size_ratio = kMemtableFilterShare;
    options.max_write_buffer_number = 3;
    options.max_background_jobs = kBackgroundJobs;
    options.level0_file_num_compaction_trigger = kFilesBeforeCompaction;
    // Every level with files costs each read a look. Filled from the last one up, a store has two
    // of them up to some gigabytes, and sorted runs that come from outside add none.
    options.level_compaction_dynamic_level_bytes = true;
    // On all levels: with zstd on the last one, a read of a run that nobody has read for a while
    // costs twice as much, and a rebuild takes half as long again, for a third fewer bytes.
    options.compression = rocksdb::kLZ4Compression;
    options.info_log = std::make_shared<NoTextLog>();
    options.max_bgerror_resume_count = 0;  // a failed view is dropped and made again, not resumed
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    options.listeners.push_back(watch);
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.block_size = kBlockBytes;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBits));
    table.format_version = 5;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
}

}  // namespace

struct BlockCache::Held {
    std::shared_ptr<rocksdb::Cache> cache;
};

BlockCache::BlockCache(std::size_t bytes)
    : held_(std::make_unique<Held>(Held{rocksdb::NewLRUCache(bytes)})) {}
BlockCache::~BlockCache() = default;

std::unique_ptr<ViewStore> open_rocks_view_store(const RocksViewOptions& options) {
    std::error_code made;
    std::filesystem::create_directories(options.directory, made);
    auto watch = std::make_shared<Watch>();
    const std::shared_ptr<rocksdb::Cache> cache =
        options.block_cache ? options.block_cache->held().cache : nullptr;
    const rocksdb::Options rocks = rocks_options(cache, watch);
    return std::make_unique<RocksViewStore>(options, rocks, std::move(watch));
}

}  // namespace skein::projections::store
