#include "engine/log/postgres/migrator.h"

#include <fmt/format.h>

#include <map>
#include <pqxx/transaction>

#include "engine/base/check.h"
#include "engine/base/fault_codes.h"
#include "engine/base/hash.h"
#include "engine/base/planted_bug.h"
#include "engine/log/postgres/pg_connection.h"
#include "engine/log/postgres/pg_values.h"

namespace skein::log {

namespace {

// The key of the advisory lock: "skeinmig" as bytes.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(8316301058395006311)";
constexpr const char* kDoing = "migrating the database";

constexpr const char* kMemory =
    "CREATE SCHEMA IF NOT EXISTS skein;"
    "CREATE TABLE IF NOT EXISTS skein.schema_migrations ("
    "  number integer PRIMARY KEY CHECK (number > 0),"
    "  name text NOT NULL,"
    "  checksum text NOT NULL,"
    "  applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),"
    "  applied_by text NOT NULL DEFAULT current_user);"
    "COMMENT ON SCHEMA skein IS 'The event log of skein.';"
    "COMMENT ON TABLE skein.schema_migrations IS 'The files of migrations/ that were applied.';"
    "COMMENT ON COLUMN skein.schema_migrations.number IS 'Number of the file.';"
    "COMMENT ON COLUMN skein.schema_migrations.name IS 'Its name without .sql.';"
    "COMMENT ON COLUMN skein.schema_migrations.checksum IS 'BLAKE2b-256 of its bytes, as hex.';"
    "COMMENT ON COLUMN skein.schema_migrations.applied_at IS 'When, by the clock of the database.';"
    "COMMENT ON COLUMN skein.schema_migrations.applied_by IS 'The user that applied it.';";

std::string sql_of(const Migration& migration) {
    std::string sql(migration.sql);
    if (!is_planted(PlantedBug::kEpochIgnored)) return sql;
    for (const std::string_view check :
         {"h.epoch = batch_epoch[1] AND ", "h.epoch = b.epoch AND "}) {
        for (std::size_t at = 0; (at = sql.find(check)) != std::string::npos;)
            sql.erase(at, check.size());
    }
    return sql;
}

std::string checksum_of(const Migration& migration) { return to_hex(blake2b_256(migration.sql)); }

struct Applied {
    std::string name;
    std::string checksum;
    std::string at;
};
using AppliedByNumber = std::map<std::uint32_t, Applied>;

AppliedByNumber read_applied(pqxx::transaction_base& transaction) {
    AppliedByNumber applied;
    const auto exists = transaction.exec1("SELECT to_regclass('skein.schema_migrations')");
    if (exists[0].is_null()) return applied;
    const pqxx::result rows = transaction.exec(
        "SELECT number, name, checksum, to_char(applied_at AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM skein.schema_migrations");
    for (const pqxx::row& row : rows) {
        applied[row[0].as<std::uint32_t>()] = {row[1].as<std::string>(), row[2].as<std::string>(),
                                               row[3].as<std::string>()};
    }
    return applied;
}

std::vector<MigrationStatus> compare(const std::vector<Migration>& known, AppliedByNumber applied) {
    std::map<std::uint32_t, MigrationStatus> found;
    for (const Migration& migration : known) {
        MigrationStatus status{migration.number,
                               std::string(migration.name),
                               MigrationState::kPending,
                               checksum_of(migration),
                               {}};
        const auto place = applied.find(migration.number);
        if (place != applied.end()) {
            const bool is_same =
                place->second.checksum == status.checksum && place->second.name == status.name;
            status.state = is_same ? MigrationState::kApplied : MigrationState::kEdited;
            status.applied_at = place->second.at;
            applied.erase(place);
        }
        found.emplace(migration.number, std::move(status));
    }
    for (auto& [number, row] : applied)
        found.emplace(number, MigrationStatus{number, row.name, MigrationState::kUnknown,
                                              row.checksum, row.at});
    std::vector<MigrationStatus> statuses;
    statuses.reserve(found.size());
    for (auto& [number, status] : found) statuses.push_back(std::move(status));
    return statuses;
}

// Throws where these must not be touched.
void demand_sound(const std::vector<MigrationStatus>& statuses,
                  const std::vector<Migration>& known) {
    const std::uint32_t newest = known.empty() ? 0 : known.back().number;
    bool is_pending = false;
    for (const MigrationStatus& status : statuses) {
        const std::string name = fmt::format("{} ({})", status.number, status.name);
        if (status.state == MigrationState::kUnknown && status.number > newest) {
            throw Fault(fault_codes::kStoreFormat,
                        fmt::format("the database is newer than this program: it has migration {}, "
                                    "the program knows those up to {}",
                                    name, newest),
                        "Use the version of skein that migrated it, or a later one.");
        }
        if (status.state == MigrationState::kUnknown) {
            throw Fault(fault_codes::kStoreFormat,
                        fmt::format("the database has migration {}, which this program does not "
                                    "know",
                                    name),
                        "Use the program that applied it; migrations are never renumbered.");
        }
        if (status.state == MigrationState::kEdited) {
            throw Fault(FaultKind::kConfig,
                        fmt::format("migration {} was applied with other content than this program "
                                    "has",
                                    name),
                        "Use an unchanged file: what was applied is never edited, a new migration "
                        "changes it.");
        }
        if (status.state == MigrationState::kApplied && is_pending) {
            throw Fault(FaultKind::kConfig,
                        fmt::format("migration {} is applied, one before it is not", name),
                        "Migrations are applied in order: restore skein.schema_migrations.");
        }
        is_pending = is_pending || status.state == MigrationState::kPending;
    }
}

// Runs `work` in a transaction of its own; what libpqxx throws comes out as Fault.
template <class Work>
auto in_transaction(const PgConnectOptions& connect, const Work& work) {
    PgConnection connection(connect);
    try {
        pqxx::work transaction(connection.raw());
        auto result = work(transaction);
        transaction.commit();
        return result;
    } catch (const pqxx::pqxx_exception& error) {
        throw fault_of(error.base(), kDoing);
    }
}

}  // namespace

std::string_view to_string(MigrationState state) {
    switch (state) {
        case MigrationState::kApplied: return "applied";
        case MigrationState::kPending: return "pending";
        case MigrationState::kEdited: return "edited";
        case MigrationState::kUnknown: return "unknown";
    }
    return "unknown";
}

std::vector<MigrationStatus> Migrator::status() const {
    return compare(known_, in_transaction(connect_, [](pqxx::work& transaction) {
                       return read_applied(transaction);
                   }));
}

std::optional<StandingStore> Migrator::find_store() const {
    return in_transaction(connect_, [](pqxx::work& transaction) -> std::optional<StandingStore> {
        constexpr const char* kRow = "the description of the store";
        if (transaction.exec("SELECT to_regclass('skein.store')").front()[0].is_null())
            return std::nullopt;
        const pqxx::result rows = transaction.exec("SELECT store_id, shard_count FROM skein.store");
        if (rows.empty()) return std::nullopt;
        const pqxx::row& row = rows.front();
        return StandingStore{uuid_of_field(row[0], kRow),
                             static_cast<std::uint32_t>(number_of(row[1], kRow))};
    });
}

std::vector<Migration> Migrator::pending() const {
    const std::vector<MigrationStatus> statuses = status();
    demand_sound(statuses, known_);
    std::vector<Migration> found;
    for (std::size_t i = 0; i < statuses.size(); ++i)
        if (statuses[i].state == MigrationState::kPending) found.push_back(known_[i]);
    return found;
}

// One file at a time, each looked for anew under the lock: another migrator may have applied it.
std::vector<Migration> Migrator::up() const {
    std::vector<Migration> applied;
    while (true) {
        const bool is_done = in_transaction(connect_, [&](pqxx::work& transaction) {
            transaction.exec(kLock);
            const auto statuses = compare(known_, read_applied(transaction));
            demand_sound(statuses, known_);
            for (std::size_t i = 0; i < statuses.size(); ++i) {
                if (statuses[i].state != MigrationState::kPending) continue;
                transaction.exec(kMemory);
                transaction.exec(sql_of(known_[i]));
                transaction.exec_params(
                    "INSERT INTO skein.schema_migrations (number, name, checksum) "
                    "VALUES ($1, $2, $3)",
                    known_[i].number, statuses[i].name, statuses[i].checksum);
                applied.push_back(known_[i]);
                return false;
            }
            return true;
        });
        if (is_done) return applied;
    }
}

void Migrator::demand_current() const {
    const std::vector<Migration> missing = pending();
    if (missing.empty()) return;
    throw Fault(FaultKind::kConfig,
                fmt::format("the tables in Postgres at {} are not up to date: migration {} is "
                            "missing",
                            place_of(connect_.dsn), missing.front().name),
                "Bring them up to date with `skein migrate`.");
}

}  // namespace skein::log
