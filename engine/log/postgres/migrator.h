// Brings the tables of a database to what this program knows: the files of migrations/, in order,
// each once, each remembered with its checksum.
//
// Every file is a transaction of its own under one lock, so two migrators at once do no harm and a
// crash leaves whole steps. Threads: one owner. Errors: Fault kConfig where the database cannot be
// migrated: it is newer than this program, a file that it knows was edited, or it knows one that
// this program does not; kUnavailable: no server. Nothing is changed then.
// Source: design section 3; interfaces section 4 (migrate).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/log/postgres/pg_options.h"

namespace skein::log {

struct Migration {
    std::uint32_t number;
    std::string_view name;  // as in 0001_log
    std::string_view sql;
};
// The files of migrations/, in order, as they were when the program was built.
const std::vector<Migration>& built_in_migrations();

enum class MigrationState {
    kApplied,
    kPending,
    kEdited,   // applied, with other content
    kUnknown,  // applied, and this program does not know it
};
std::string_view to_string(MigrationState state);

struct MigrationStatus {
    std::uint32_t number;
    std::string name;
    MigrationState state;
    std::string checksum;    // what this program knows; of kUnknown what the database says
    std::string applied_at;  // RFC 3339 UTC; empty where it is not applied
};

// A store that stands in a database, whatever its migrations.
struct StandingStore {
    Uuid store_id;
    std::uint32_t shard_count = 0;
};

class Migrator {
 public:
    explicit Migrator(PgConnectOptions connect,
                      const std::vector<Migration>& known = built_in_migrations())
        : connect_(std::move(connect)), known_(known) {}

    // Everything known to either side, in order. Changes nothing.
    std::vector<MigrationStatus> status() const;
    // What up() would apply: a dry run. Fault where up() would refuse.
    std::vector<Migration> pending() const;
    // None where none was made yet.
    std::optional<StandingStore> find_store() const;
    // Applies what is pending and returns it.
    std::vector<Migration> up() const;
    // Fault kConfig unless the database stands exactly where this program does.
    void demand_current() const;

 private:
    const PgConnectOptions connect_;
    const std::vector<Migration>& known_;
};

}  // namespace skein::log
