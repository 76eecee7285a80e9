// Session: one opening of the database, from checking its files to closing it.
//
// Opening, in order: the directory is a store or may become one; nobody else has it; the
// write-ahead log is whole up to its tail; RocksDB opens and replays; the format is ours; the
// newest events of each shard are dense, chained, and end at the head.
// Threads: const methods from any thread. Errors: Fault, as rocks_log.h says.
// Source: design section 3 (embedded log), reliability 3.3.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/log/rocksdb/anchor.h"
#include "engine/log/rocksdb/rocks_log.h"

namespace skein::log {

// So many events of each shard are hashed again at opening: enough that damage to what was written
// last is seen at once, few enough that opening a store of any size takes milliseconds.
inline constexpr std::uint64_t kTailEventsChecked = 64;

class Session {
 public:
    Session(const RocksLogOptions& options, OpenMode mode, Random& random);
    // Moves what only the write-ahead log holds into tables, so that the next opening replays
    // nothing.
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    rocksdb::DB& db() const { return *db_; }
    const StoreInfo& info() const { return info_; }
    const std::string& directory() const { return options_.directory; }
    rocksdb::FileSystem& files() const { return *files_; }
    // As stored; checked against the events.
    Head read_head(Shard shard) const;

    std::optional<std::string> get(const std::string& key, const char* doing) const;
    // In key order over all kinds; bounded above where `end` is not null. `end` outlives the
    // iterator.
    enum class Reach { kFew, kMany };
    std::unique_ptr<rocksdb::Iterator> iterate(const rocksdb::Slice* end, Reach reach) const;

    // The first one stays. Nothing: writes are taken.
    std::optional<Fault> write_failure() const;
    void refuse_writes(const std::string& doing, const rocksdb::Status& status);

 private:
    class ErrorListener;

    bool has_current() const;
    void prepare_directory();
    void refuse_foreign_directory() const;
    void check_files();
    void open_database();
    void read_info(Random& random);
    void create_info(Random& random);
    void renew_incarnation(Random& random);
    bool is_database_empty() const;
    void check_tail(Shard shard) const;
    // Failing to drop the anchor loses no event, so it is no failure of the log.
    void drop_anchor() noexcept;

    const RocksLogOptions options_;
    const OpenMode mode_;
    std::shared_ptr<rocksdb::FileSystem> files_;
    std::unique_ptr<rocksdb::Env> env_;
    std::shared_ptr<ErrorListener> listener_;
    std::optional<Anchor> anchor_;  // as it was before opening
    StoreInfo info_;
    std::atomic<bool> is_open_{false};
    mutable std::mutex failure_mutex_;
    std::optional<Fault> failure_;     // guarded by failure_mutex_
    std::unique_ptr<rocksdb::DB> db_;  // last: its threads use what stands above
};

}  // namespace skein::log
