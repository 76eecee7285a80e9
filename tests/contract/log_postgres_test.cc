// The log's contract on PostgreSQL, on a server of this binary's own.

#include "engine/base/fault.h"
#include "engine/log/postgres/migrator.h"
#include "engine/log/postgres/postgres_log.h"

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

}  // namespace skein::log::test
