// A store moved into a database, in one transaction: whatever ends it before its commit, the server
// takes back.
//
// The database has its tables (Migrator) and no events; the store that `skein migrate` made in it,
// if any, gives way to the one that is moved in. Meanwhile nobody appends: appenders and nodes
// wait, and then find another store.
// Threads: one owner. Errors: as LogImport. Where the answer to the commit is lost, finish() throws
// LostAnswer: the store stands as a whole, or not at all.
// Source: engine/log/log_import.h; migrations/0006_import.sql.
#pragma once

#include <memory>

#include "engine/log/log_import.h"
#include "engine/log/postgres/pg_options.h"

namespace skein::log {

class PgConnection;

class PostgresImport final : public LogImport {
 public:
    PostgresImport(const PgConnectOptions& options, const StoreInfo& identity);
    ~PostgresImport() override;
    PostgresImport(const PostgresImport&) = delete;
    PostgresImport& operator=(const PostgresImport&) = delete;

    Epoch epoch() const override { return epoch_; }
    AppendResult append(Batch batch) override;
    void finish() override;

 private:
    std::unique_ptr<PgConnection> connection_;
    Epoch epoch_;
};

}  // namespace skein::log
