// Opening and writing; reading stands in postgres_reads.cc.
#include "engine/log/postgres/postgres_log.h"

#include <fmt/format.h>

#include <set>

#include "engine/base/chain.h"
#include "engine/base/check.h"
#include "engine/base/crash_point.h"
#include "engine/base/fault_codes.h"
#include "engine/base/planted_bug.h"
#include "engine/log/batch_check.h"
#include "engine/log/postgres/append_call.h"
#include "engine/log/postgres/growth_watch.h"
#include "engine/log/postgres/migrator.h"
#include "engine/log/postgres/pg_pool.h"
#include "engine/log/postgres/pg_values.h"

namespace skein::log {

namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::uint32_t kShardCountMax = 16384;
constexpr const char* kStoreRow = "the description of the store";

}  // namespace

std::unique_ptr<PostgresLog> PostgresLog::open(const PostgresLogOptions& options, Random& random) {
    return std::unique_ptr<PostgresLog>(new PostgresLog(options, random));
}

PostgresLog::PostgresLog(const PostgresLogOptions& options, Random& random)
    : pool_(std::make_unique<PgPool>(options.connect, options.pool_size,
                                     std::vector<const statements::Statement*>{
                                         &statements::kAppend, &statements::kAppendOne})) {
    Migrator(options.connect).demand_current();
    auto stored = read_store();
    if (!stored && options.mode == PostgresOpen::kCreate) {
        create_store(options, random);
        stored = read_store();
    }
    if (!stored) {
        throw Fault(fault_codes::kStoreMissing,
                    fmt::format("no store in Postgres at {}", place_of(options.connect.dsn)),
                    "Make one with `skein migrate`, or name another database.");
    }
    info_ = std::move(*stored);
    growth_ = std::make_unique<Growth>(info_.shard_count);
    watch_ = std::make_unique<GrowthWatch>(options.connect, *growth_, options.poll_interval);
}

PostgresLog::~PostgresLog() = default;

void PostgresLog::create_store(const PostgresLogOptions& options, Random& random) {
    if (options.shard_count == 0 || options.shard_count > kShardCountMax) {
        throw Fault(FaultKind::kConfig,
                    fmt::format("a store of {} shards cannot be made", options.shard_count),
                    fmt::format("Choose between 1 and {} shards.", kShardCountMax));
    }
    const Uuid store_id = random.uuid();
    const Uuid incarnation = random.uuid();
    const std::string secret = random.bytes(kSecretBytes);
    // Whoever comes first makes it; the others find what that one made.
    pool_->ask(statements::kCreateStore, "making the store", store_id.str(), incarnation.str(),
               static_cast<std::int64_t>(options.shard_count), binary(secret),
               binary(chain_start(store_id).view()));
}

std::optional<StoreInfo> PostgresLog::read_store() const {
    const pqxx::result rows =
        pool_->ask(statements::kStore, "reading the description of the store");
    if (rows.empty()) return std::nullopt;
    const pqxx::row row = rows.front();
    StoreInfo info;
    info.store_id = uuid_of_field(row[0], kStoreRow);
    info.incarnation = uuid_of_field(row[1], kStoreRow);
    info.shard_count = static_cast<std::uint32_t>(number_of(row[2], kStoreRow));
    info.secret = bytes_of(row[3], kStoreRow);
    return info;
}

std::vector<AppendResult> PostgresLog::append(const std::vector<Batch>& batches) {
    std::set<Shard> shards;
    for (const Batch& batch : batches) {
        check_shard(batch, info_.shard_count);
        SKEIN_CHECK(shards.insert(batch.shard).second, "two batches of shard {} in one append",
                    batch.shard.value());
    }
    if (batches.empty()) return {};
    AppendCall call(batches);
    std::vector<AppendResult> results;
    const PgPool::Lease connection = pool_->take();
    SKEIN_CRASH_POINT("log.before_write");
    try {
        results = call.send(*connection);
    } catch (const LostAnswer& lost) {
        for (const Batch& batch : batches) {
            results.push_back(in_doubt(batch, lost));
            if (is_planted(PlantedBug::kSelectForDoubt) && !batch.commands.empty())
                results.back().is_unwritten =
                    !find_receipt(batch.commands[0].scope, batch.commands[0].command_id);
        }
        return results;
    }
    SKEIN_CRASH_POINT("log.after_write");
    bool has_grown = false;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        if (results[i].outcome != BatchOutcome::kAppended || batches[i].events.empty()) continue;
        growth_->publish(batches[i].shard, results[i].head.position);
        has_grown = true;
    }
    if (has_grown) watch_->announce();
    SKEIN_CRASH_POINT("log.before_reply");
    return results;
}

void PostgresLog::reopen() {
    pool_->drop_idle();
    const auto stored = read_store();
    const bool is_same = stored && stored->store_id == info_.store_id &&
                         stored->incarnation == info_.incarnation &&
                         stored->shard_count == info_.shard_count;
    if (is_same) return;
    throw Fault(
        FaultKind::kConfig,
        fmt::format("Postgres at {} holds another store now", place_of(pool_->options().dsn)),
        "Restart, so that everything is read anew.");
}

// Sent once more where the answer was lost: an epoch that is raised twice fences as well.
Epoch PostgresLog::take_over(Shard shard) {
    SKEIN_CHECK(shard.value() < info_.shard_count, "shard {} of {}", shard.value(),
                info_.shard_count);
    const pqxx::result rows =
        pool_->ask(statements::kTakeOver, "taking over a shard", bigint(shard.value()));
    return Epoch(number_of(rows.front()[0], "an epoch"));
}

// Sent once more where the answer was lost: the same point under the same epoch.
bool PostgresLog::move_intake(Shard shard, Epoch epoch, const IntakePoint& point) {
    const pqxx::result rows = pool_->ask(
        statements::kMoveIntake, "moving an intake", bigint(shard.value()), bigint(epoch.value()),
        bigint(point.next), bigint(point.told), bigint(point.mark));
    return rows.front()[0].as<bool>();
}

void PostgresLog::put_snapshot(const Stream& stream, Version version, std::string_view bytes) {
    pool_->ask(statements::kPutSnapshot, "writing a snapshot", stream.str(),
               bigint(version.value()), binary(bytes));
}

bool PostgresLog::wait_for_growth(const std::vector<Position>& known,
                                  std::chrono::milliseconds timeout) const {
    if (growth_->wait(known, std::chrono::milliseconds(0))) return true;
    if (timeout.count() <= 0) return is_grown(known);
    const GrowthWatch::Waiting waiting(*watch_);
    return growth_->wait(known, timeout);
}

void PostgresLog::interrupt_waiters() { growth_->interrupt(); }

}  // namespace skein::log
