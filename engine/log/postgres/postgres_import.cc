#include "engine/log/postgres/postgres_import.h"

#include <fmt/format.h>

#include "engine/base/chain.h"
#include "engine/base/crash_point.h"
#include "engine/log/postgres/append_call.h"
#include "engine/log/postgres/migrator.h"
#include "engine/log/postgres/pg_values.h"

namespace skein::log {

namespace {

constexpr std::uint32_t kShardCountMax = 16384;  // as the table says

[[noreturn]] void refuse(std::string_view problem, const std::string& place) {
    if (problem == "in-use")
        throw Fault(FaultKind::kConfig,
                    fmt::format("the store in Postgres at {} is in use: nodes are alive, or a "
                                "process holds leases",
                                place),
                    "Stop them, wait until their leases have run out, and import again.");
    throw Fault(
        FaultKind::kConfig,
        fmt::format("the store in Postgres at {} is not empty, and is left as it is", place),
        "Name another database; `skein migrate` makes its tables.");
}

}  // namespace

PostgresImport::PostgresImport(const PgConnectOptions& options, const StoreInfo& identity) {
    Migrator(options).demand_current();
    if (identity.shard_count == 0 || identity.shard_count > kShardCountMax)
        throw Fault(FaultKind::kConfig,
                    fmt::format("a store of {} shards cannot be made", identity.shard_count),
                    fmt::format("Postgres takes between 1 and {} shards.", kShardCountMax));
    connection_ = std::make_unique<PgConnection>(options);
    connection_->run_text("BEGIN", "beginning an import");
    const pqxx::row begun =
        connection_
            ->run(statements::kBeginImport, "beginning an import", identity.store_id.str(),
                  identity.incarnation.str(), static_cast<std::int64_t>(identity.shard_count),
                  binary(identity.secret), binary(chain_start(identity.store_id).view()))
            .front();
    if (!begun[0].is_null()) refuse(begun[0].c_str(), place_of(options.dsn));
    epoch_ = Epoch(number_of(begun[1], "an epoch"));
}

PostgresImport::~PostgresImport() = default;

AppendResult PostgresImport::append(Batch batch) {
    SKEIN_CRASH_POINT("import.before_write");
    std::vector<Batch> batches;
    batches.push_back(std::move(batch));
    return AppendCall(batches).send(*connection_).front();
}

void PostgresImport::finish() {
    SKEIN_CRASH_POINT("import.before_commit");
    connection_->run_text("COMMIT", "finishing an import");
}

}  // namespace skein::log
