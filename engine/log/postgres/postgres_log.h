// The log on PostgreSQL: many nodes, one truth.
//
// An append of any number of batches is one call of skein.append: one round trip, one transaction.
// It locks the rows of its shards first, so positions are dense in the order of commits, and epochs
// fence owners of before. Where the answer is lost, the same append is sent again: it waits for the
// orphan, whose receipts then answer. Nothing here reads a sequence, and nothing is looked up to
// find out what became of an append.
// Threads: all methods from any thread; a visitor holds no connection. Reads never wait for writes.
// Errors: Fault. kConfig: no tables, another version of them, no rights, fsync off. kMissing: no
// store. kUnavailable: no server. kOverloaded: no free connection. kCorruption: rows that cannot
// be.
// Source: design section 3 (Postgres append); reliability 3.1, 3.5, 3.6; P1, P2, P4, P5; V-95.
#pragma once

#include <memory>

#include "engine/base/random.h"
#include "engine/log/event_log.h"
#include "engine/log/growth.h"
#include "engine/log/postgres/pg_options.h"

namespace skein::log {

enum class PostgresOpen {
    kCreate,     // makes the store where there is none; the tables are made by Migrator
    kMustExist,  // Fault kMissing where there is none
};

struct PostgresLogOptions {
    PgConnectOptions connect;
    PostgresOpen mode = PostgresOpen::kMustExist;
    std::uint32_t shard_count = 16;  // of a new store
    std::size_t pool_size = 20;      // connections for appends and reads; one more listens
    std::chrono::milliseconds poll_interval{250};  // should notifications not come through
};

class PgPool;
class GrowthWatch;

class PostgresLog final : public EventLog {
 public:
    // `random` makes the ids and the secret of a new store; it is not kept.
    static std::unique_ptr<PostgresLog> open(const PostgresLogOptions& options, Random& random);
    ~PostgresLog() override;
    PostgresLog(const PostgresLog&) = delete;
    PostgresLog& operator=(const PostgresLog&) = delete;

    const StoreInfo& info() const override { return info_; }
    bool has_other_writers() const override { return true; }
    std::uint32_t shard_count() const override { return info_.shard_count; }
    Head head(Shard shard) const override;
    std::uint64_t scan(Shard shard, Position after,
                       const std::function<bool(const EventView&)>& visit) const override;
    Position grown_to(Shard shard) const override { return growth_->position(shard); }
    bool wait_for_growth(const std::vector<Position>& known,
                         std::chrono::milliseconds timeout) const override;
    void interrupt_waiters() override;

    // Throws Fault only where nothing was sent, or the server refused it: then nothing is written.
    std::vector<AppendResult> append(const std::vector<Batch>& batches) override;
    // Drops the connections that nobody uses, and asks the server for the store anew.
    void reopen() override;
    Epoch take_over(Shard shard) override;
    std::optional<IntakePoint> intake_point(Shard shard) const override;
    std::optional<Position> find_stray(Shard shard) const override;
    bool move_intake(Shard shard, Epoch epoch, const IntakePoint& point) override;

    std::optional<Receipt> find_receipt(const Scope& scope, const Uuid& command_id) const override;
    std::vector<std::optional<Receipt>> find_receipts(
        const std::vector<CommandName>& commands) const override;
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
    PostgresLog(const PostgresLogOptions& options, Random& random);

    void create_store(const PostgresLogOptions& options, Random& random);
    std::optional<StoreInfo> read_store() const;
    bool is_grown(const std::vector<Position>& known) const;

    std::unique_ptr<PgPool> pool_;
    StoreInfo info_;  // constant after construction
    std::unique_ptr<Growth> growth_;
    std::unique_ptr<GrowthWatch> watch_;
};

}  // namespace skein::log
