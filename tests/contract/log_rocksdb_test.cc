// The log's contract on the embedded backend.
#include "engine/log/rocksdb/rocks_log.h"
#include "tests/contract/log_contract.h"
#include "tests/contract/temp_directory.h"

namespace skein::log::test {

LogUnderTest make_log() {
    auto directory = std::make_shared<skein::test::TempDirectory>();
    RocksLogOptions options;
    options.directory = directory->path() + "/log";
    options.mode = OpenMode::kCreate;
    options.shard_count = 4;
    SeededRandom random(1);
    LogUnderTest made;
    made.log = RocksLog::open(options, random);
    options.mode = OpenMode::kMustExist;
    made.reopen = [options](std::unique_ptr<EventLog>& log) {
        log.reset();
        SeededRandom another(2);
        log = RocksLog::open(options, another);
    };
    made.directory = directory;
    return made;
}

}  // namespace skein::log::test
