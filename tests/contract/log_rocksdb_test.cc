// The log's contract on the embedded backend.
#include "engine/log/rocksdb/rocks_log.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "engine/base/fault.h"
#include "engine/log/rocksdb/rocks_import.h"

#include "tests/contract/log/import_contract.h"
#include "tests/contract/log/log_contract.h"
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

ImportPlace make_import_place() {
    auto directory = std::make_shared<skein::test::TempDirectory>();
    const std::string path = directory->path() + "/log";
    ImportPlace place;
    place.begin = [path](const StoreInfo& identity) {
        return std::make_unique<RocksImport>(path, identity);
    };
    place.open = [path]() -> std::unique_ptr<EventLog> {
        if (!std::filesystem::exists(path)) return nullptr;
        RocksLogOptions options;
        options.directory = path;
        SeededRandom random(3);
        return RocksLog::open(options, random);
    };
    place.directory = directory;
    return place;
}

namespace {

using skein::test::TempDirectory;

RocksLogOptions options_at(const std::string& directory) {
    RocksLogOptions options;
    options.directory = directory;
    options.mode = OpenMode::kCreate;
    options.shard_count = 4;
    return options;
}

std::unique_ptr<RocksLog> open_existing(RocksLogOptions options) {
    options.mode = OpenMode::kMustExist;
    SeededRandom random(3);
    return RocksLog::open(options, random);
}

}  // namespace

TEST_CASE("log: a checkpoint taken beside a writer opens, whole, with what was acknowledged [C-56]",
          "[contract][log]") {
    const TempDirectory directory;
    SeededRandom random(1);
    const auto log = RocksLog::open(options_at(directory.path() + "/log"), random);
    for (std::uint64_t i = 1; i <= 50; ++i) log->append_one(small_batch(*log, Shard(i % 4), i));
    const Head before = log->head(Shard(1));
    std::atomic<bool> is_done{false};
    std::thread writer([&] {
        for (std::uint64_t i = 100; !is_done; ++i)
            log->append_one(small_batch(*log, Shard(i % 4), i));
    });
    std::uint64_t copied = 0;
    std::uint64_t in_all = 0;
    log->checkpoint(directory.path() + "/copy", [&](std::uint64_t done, std::uint64_t total) {
        copied = done;
        in_all = total;
    });
    is_done = true;
    writer.join();
    CHECK(copied > 0);
    CHECK(copied == in_all);
    const auto copy = open_existing(options_at(directory.path() + "/copy"));
    CHECK(copy->info().store_id == log->info().store_id);
    CHECK(copy->info().incarnation == log->info().incarnation);
    CHECK(walk(*copy).problem == "");
    CHECK(copy->head(Shard(1)).position >= before.position);
    CHECK(copy->read(Shard(1), before.position)->hash == before.hash);
    CHECK(std::filesystem::exists(directory.path() + "/copy/HEADS"));
    // Each goes its own way.
    const Position head = copy->head(Shard(2)).position;
    log->append_one(small_batch(*log, Shard(2), 9'000'000));
    CHECK(copy->head(Shard(2)).position == head);
    CHECK(copy->append_one(small_batch(*copy, Shard(2), 9'000'001)).outcome ==
          BatchOutcome::kAppended);
    CHECK(walk(*log).problem == "");
}

TEST_CASE("log: a checkpoint shares no bytes with the log that it was taken from",
          "[contract][log]") {
    const TempDirectory directory;
    SeededRandom random(1);
    const auto log = RocksLog::open(options_at(directory.path() + "/log"), random);
    for (std::uint64_t i = 1; i <= 50; ++i) log->append_one(small_batch(*log, Shard(0), i));
    log->checkpoint(directory.path() + "/copy", [](std::uint64_t, std::uint64_t) {});
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path() + "/copy")) {
        CHECK(std::filesystem::hard_link_count(entry.path()) == 1);
        ++count;
    }
    CHECK(count > 3);
    CHECK_THROWS_AS(
        log->checkpoint(directory.path() + "/copy", [](std::uint64_t, std::uint64_t) {}), Fault);
}

TEST_CASE("log: a restored log has another incarnation, and keeps it [C-57]", "[contract][log]") {
    const TempDirectory directory;
    SeededRandom random(1);
    RocksLogOptions options = options_at(directory.path() + "/log");
    const StoreInfo made = RocksLog::open(options, random)->info();
    options.incarnation = Incarnation::kNew;
    const auto renewed = open_existing(options);
    const Uuid incarnation = renewed->info().incarnation;
    CHECK(renewed->info().store_id == made.store_id);
    CHECK_FALSE(incarnation == made.incarnation);
    renewed->reopen();
    CHECK(renewed->info().incarnation == incarnation);
    renewed->append_one(small_batch(*renewed, Shard(0), 1));
    CHECK(walk(*renewed).problem == "");
}

}  // namespace skein::log::test
