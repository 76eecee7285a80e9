// A Postgres log of four shards in a database of a test's own.
#pragma once

#include <memory>
#include <string>

#include "engine/base/random.h"
#include "engine/log/postgres/postgres_log.h"

namespace skein::log::test {

inline constexpr std::uint32_t kPostgresShards = 4;

inline PostgresLogOptions options_at(const std::string& dsn) {
    PostgresLogOptions options;
    options.connect.dsn = dsn;
    options.mode = PostgresOpen::kCreate;
    options.shard_count = kPostgresShards;
    return options;
}

inline std::unique_ptr<PostgresLog> open_log(const std::string& dsn) {
    SeededRandom random(7);
    return PostgresLog::open(options_at(dsn), random);
}

}  // namespace skein::log::test
