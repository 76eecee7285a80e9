// The embedded log: RocksDB with a synced write-ahead log, one column family.
//
// A batch's events, stream index, receipts and head are one WriteBatch; batches of several shards
// given together are one WriteBatch and one sync. A write that failed is in doubt: the log then
// takes no more writes until reopen() has found out what stands.
// Threads: all methods from any thread. Shards append in parallel and RocksDB shares their syncs; a
// shard's own appends stand in line. Reads never wait for writes. While reopen() runs, reads are
// refused (kUnavailable).
// Errors: Fault. kConfig: no store, not a store, another format, no permission. kUnavailable: locked,
// disk full or failing. kCorruption: damaged files.
// Source: design section 3 (embedded log); reliability 3.3; P1 to P5, P9.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "engine/base/random.h"
#include "engine/log/event_log.h"
#include "engine/log/growth.h"

namespace rocksdb {
class FileSystem;
class WriteBatch;
}  // namespace rocksdb

namespace skein::log {

enum class OpenMode {
    kCreate,     // makes the store where there is none
    kMustExist,  // Fault kConfig where there is none
    kReadOnly,   // as it stands now, also while another process writes it; never grows
};
// Of a store that exists: a restored log gets a new one, since it may go another way than the log
// that it is a copy of, and views of that one must not be believed above it.
enum class Incarnation { kKeep, kNew };

struct RocksLogOptions {
    std::string directory;  // the log's own; its parent exists
    OpenMode mode = OpenMode::kMustExist;
    Incarnation incarnation = Incarnation::kKeep;
    std::uint32_t shard_count = 16;     // of a new store
    std::optional<StoreInfo> identity;  // of a new store; none: its own, made now
    std::size_t block_cache_bytes = 64U << 20;
    std::size_t write_buffer_bytes = 32U << 20;  // bounds what is replayed after a crash
    std::shared_ptr<rocksdb::FileSystem> files;  // null: the system's
};

class Session;
struct ShardState;

class RocksLog final : public EventLog {
 public:
    // `random` makes the ids and the secret of a new store; it is not kept.
    static std::unique_ptr<RocksLog> open(const RocksLogOptions& options, Random& random);
    ~RocksLog() override;
    RocksLog(const RocksLog&) = delete;
    RocksLog& operator=(const RocksLog&) = delete;

    const StoreInfo& info() const override { return info_; }
    std::uint32_t shard_count() const override { return info_.shard_count; }
    Head head(Shard shard) const override;
    std::uint64_t scan(Shard shard, Position after,
                       const std::function<bool(const EventView&)>& visit) const override;
    Position grown_to(Shard shard) const override;
    bool wait_for_growth(const std::vector<Position>& known,
                         std::chrono::milliseconds timeout) const override;
    void interrupt_waiters() override;

    std::vector<AppendResult> append(const std::vector<Batch>& batches) override;
    void reopen() override;
    // Why the log takes no writes, where it takes none.
    std::optional<Fault> write_failure() const;
    // A store of its own in `directory`, which must not exist, while writers go on: what was
    // acknowledged before the call stands in it, batches whole. It is closed and synced on return.
    // On failure what was copied stays there. `progress` is told bytes done and in all.
    void checkpoint(const std::string& directory,
                    const std::function<void(std::uint64_t, std::uint64_t)>& progress) const;
    Epoch take_over(Shard shard) override;
    std::optional<IntakePoint> intake_point(Shard shard) const override;
    bool move_intake(Shard shard, Epoch epoch, const IntakePoint& point) override;

    std::optional<Receipt> find_receipt(const Scope& scope, const Uuid& command_id) const override;
    Version stream_head(const Stream& stream) const override;
    std::optional<Position> position_of(const Stream& stream, Version version) const override;
    std::uint64_t scan_stream(const Stream& stream, Version after,
                              const std::function<bool(const EventView&)>& visit) const override;
    std::uint64_t scan_streams(
        const Scope& scope, const Stream& after,
        const std::function<bool(const Stream&, Version head)>& visit) const override;
    std::uint64_t scan_index(
        const std::function<bool(const Stream&, Version, Position)>& visit) const override;
    std::uint64_t scan_receipts(
        const std::function<bool(const Scope&, const Uuid&, const Receipt&)>& visit) const override;
    std::optional<StoredEvent> read(Shard shard, Position position) const override;
    void put_snapshot(const Stream& stream, Version version, std::string_view bytes) override;
    std::optional<StoredSnapshot> find_snapshot(const Stream& stream,
                                                Version at_most) const override;

 private:
    class Standings;
    using LockedShards = std::vector<std::unique_lock<std::mutex>>;

    RocksLog(const RocksLogOptions& options, Random& random);

    // The open database. Fault kUnavailable while there is none.
    std::shared_ptr<Session> session() const;
    std::shared_ptr<Session> session_or_null() const;
    void open_session(OpenMode mode, Random& random);
    void close_session();

    ShardState& state_of(Shard shard) const;
    LockedShards lock_shards(const std::vector<Batch>& batches);
    void publish(const Batch& batch, const Head& head);
    // The part of stream_head() that looks at what is stored, published or not.
    Version stored_stream_head(const Session& session, const Stream& stream) const;
    void write_synced(Session& session, rocksdb::WriteBatch& rows, const char* doing);

    const RocksLogOptions options_;
    StoreInfo info_;  // constant after construction
    std::vector<std::unique_ptr<ShardState>> shards_;
    std::unique_ptr<Growth> growth_;

    std::mutex reopen_mutex_;
    mutable std::mutex session_mutex_;
    std::condition_variable session_closed_;
    std::shared_ptr<Session> session_;   // guarded by session_mutex_
    bool is_closed_ = true;              // guarded by session_mutex_: no session is alive
    std::optional<Fault> last_failure_;  // guarded by session_mutex_
};

}  // namespace skein::log
