// The log's contract on PostgreSQL, on a server of this binary's own.

#include "engine/base/fault.h"
#include "engine/log/postgres/migrator.h"
#include "engine/log/postgres/postgres_import.h"
#include "engine/log/postgres/postgres_log.h"

#include "tests/contract/log/import_contract.h"
#include "tests/contract/log/log_contract.h"
#include "tests/servers/postgres_server.h"

namespace skein::log::test {

LogUnderTest make_log() {
    PostgresLogOptions options;
    options.connect.dsn = skein::test::PostgresServer::shared().create_database();
    options.mode = PostgresOpen::kCreate;
    options.shard_count = 4;
    Migrator(options.connect).up();
    SeededRandom random(1);
    LogUnderTest made;
    made.log = PostgresLog::open(options, random);
    options.mode = PostgresOpen::kMustExist;
    made.reopen = [options](std::unique_ptr<EventLog>& log) {
        log.reset();
        SeededRandom another(2);
        log = PostgresLog::open(options, another);
    };
    return made;
}

ImportPlace make_import_place() {
    PostgresLogOptions options;
    options.connect.dsn = skein::test::PostgresServer::shared().create_database();
    Migrator(options.connect).up();
    ImportPlace place;
    place.begin = [options](const StoreInfo& identity) {
        return std::make_unique<PostgresImport>(options.connect, identity);
    };
    place.open = [options]() -> std::unique_ptr<EventLog> {
        SeededRandom random(3);
        try {
            return PostgresLog::open(options, random);
        } catch (const Fault& fault) {
            if (fault.kind() == FaultKind::kMissing) return nullptr;
            throw;
        }
    };
    return place;
}

}  // namespace skein::log::test
