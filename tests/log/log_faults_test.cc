// What the embedded log says where it cannot be opened, and that it leaves such a directory alone.
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "engine/base/fault_codes.h"
#include "engine/log/rocksdb/rocks_log.h"
#include "engine/log/rocksdb/wal_check.h"
#include "tests/contract/temp_directory.h"
#include "tests/log/numbered_commands.h"

namespace skein::log::test {

namespace {

namespace fs = std::filesystem;

RocksLogOptions options_at(const std::string& directory, OpenMode mode) {
    RocksLogOptions options;
    options.directory = directory;
    options.mode = mode;
    options.shard_count = 2;
    return options;
}

std::unique_ptr<RocksLog> open_at(const std::string& directory,
                                  OpenMode mode = OpenMode::kMustExist) {
    SeededRandom random(8);
    return RocksLog::open(options_at(directory, mode), random);
}

std::optional<Fault> fault_at(const std::string& directory, OpenMode mode = OpenMode::kMustExist) {
    try {
        open_at(directory, mode);
        return std::nullopt;
    } catch (const Fault& fault) {
        return fault;
    }
}

void fill(RocksLog& log, std::uint64_t commands) {
    for (std::uint64_t n = 1; n <= commands; ++n) {
        REQUIRE(log.append_one(numbered_batch(log, Shard(0), n)).outcome ==
                BatchOutcome::kAppended);
    }
}

std::vector<fs::path> files_with(const std::string& directory, const std::string& part) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(directory)) {
        if (entry.path().filename().string().find(part) != std::string::npos) {
            found.push_back(entry.path());
        }
    }
    return found;
}

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void flip(const fs::path& path, std::uint64_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte ^ 0x10));
}

// A store of 300 commands that was closed: all of it stands in tables.
struct ClosedStore {
    skein::test::TempDirectory directory;
    std::string log = directory.path() + "/log";
    ClosedStore() { fill(*open_at(log, OpenMode::kCreate), 300); }
};

// Reads everything; the kind of the fault where there was one.
std::optional<FaultKind> read_everything(const std::string& directory) {
    try {
        const auto log = open_at(directory);
        const std::string problem = problem_of_commands(*log, Shard(0), 300);
        CHECK(problem == "");
        CHECK(walk(*log).problem == "");
        return std::nullopt;
    } catch (const Fault& fault) {
        return fault.kind();
    }
}

}  // namespace

TEST_CASE("log: where there is no store, it says so and makes none", "[faults][log]") {
    const skein::test::TempDirectory directory;
    const std::string path = directory.path() + "/log";
    for (const OpenMode mode : {OpenMode::kMustExist, OpenMode::kReadOnly}) {
        const auto fault = fault_at(path, mode);
        REQUIRE(fault);
        CHECK(fault->kind() == FaultKind::kConfig);
        CHECK(std::string(fault->what()) == "no store at " + path);
        CHECK_FALSE(fault->remedy().empty());
        CHECK_FALSE(fs::exists(path));
    }
    fs::create_directory(path);
    CHECK(fault_at(path)->kind() == FaultKind::kConfig);
    CHECK(fs::is_empty(path));
}

TEST_CASE("log: a directory with other files, or a file, does not become a store",
          "[faults][log]") {
    const skein::test::TempDirectory directory;
    std::ofstream(directory.path() + "/letter.txt") << "mine";
    CHECK(fault_at(directory.path(), OpenMode::kCreate)->kind() == FaultKind::kConfig);
    CHECK(files_with(directory.path(), "").size() == 1);
    CHECK(fault_at(directory.path() + "/letter.txt", OpenMode::kCreate)->kind() ==
          FaultKind::kConfig);
}

TEST_CASE("log: a store in use is unavailable, and who uses it is named", "[faults][log]") {
    const skein::test::TempDirectory directory;
    const std::string path = directory.path() + "/log";
    int ready[2];
    int done[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(::pipe(done) == 0);
    open_at(path, OpenMode::kCreate);
    // A child that holds the lock as RocksDB does; it must not use RocksDB after a fork.
    const pid_t child = ::fork();
    if (child == 0) {
        std::FILE* file = std::fopen((path + "/LOCK").c_str(), "r+");
        const bool is_locked = file != nullptr && ::lockf(::fileno(file), F_LOCK, 0) == 0;
        char byte = is_locked ? 'y' : 'n';
        if (::write(ready[1], &byte, 1) == 1 && ::read(done[0], &byte, 1) < 0) ::_exit(1);
        ::_exit(0);
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    REQUIRE(byte == 'y');
    const auto fault = fault_at(path);
    CHECK(::write(done[1], &byte, 1) == 1);
    ::waitpid(child, nullptr, 0);
    REQUIRE(fault);
    CHECK(fault->kind() == FaultKind::kUnavailable);
    CHECK_THAT(fault->what(), Catch::Contains(fmt::format("process {}", child)));
    const auto log = open_at(path);
    const auto ours = fault_at(path);
    REQUIRE(ours);
    CHECK(ours->kind() == FaultKind::kUnavailable);
    CHECK_THAT(ours->what(), Catch::Contains("this process"));
    CHECK(log->append_one(numbered_batch(*log, Shard(0), 1)).outcome == BatchOutcome::kAppended);
}

TEST_CASE("log: opened for reading alone, it reads beside a writer and takes no appends",
          "[faults][log]") {
    const skein::test::TempDirectory directory;
    const std::string path = directory.path() + "/log";
    const auto writer = open_at(path, OpenMode::kCreate);
    fill(*writer, 50);
    const auto reader = open_at(path, OpenMode::kReadOnly);
    CHECK(problem_of_commands(*reader, Shard(0), 50) == "");
    CHECK(reader->append_one(numbered_batch(*reader, Shard(0), 51)).outcome ==
          BatchOutcome::kInDoubt);
    CHECK_THROWS_AS(reader->take_over(Shard(0)), Fault);
    CHECK(writer->append_one(numbered_batch(*writer, Shard(0), 51)).outcome ==
          BatchOutcome::kAppended);
    reader->reopen();
    CHECK(problem_of_commands(*reader, Shard(0), 51) == "");
}

TEST_CASE("log: a read-only directory is a matter of configuration", "[faults][log]") {
    const ClosedStore store;
    const bool is_mounted =
        ::mount(store.log.c_str(), store.log.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
        ::mount(nullptr, store.log.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) ==
            0;
    if (!is_mounted && ::geteuid() == 0) return;  // permissions do not bind root
    if (!is_mounted) {
        fs::permissions(store.log, fs::perms::owner_read | fs::perms::owner_exec);
        fs::permissions(store.log + "/LOCK", fs::perms::owner_read);
    }
    const auto fault = fault_at(store.log);
    const auto reader = open_at(store.log, OpenMode::kReadOnly);
    CHECK(problem_of_commands(*reader, Shard(0), 300) == "");
    if (is_mounted) {
        ::umount2(store.log.c_str(), MNT_DETACH);
    } else {
        fs::permissions(store.log, fs::perms::owner_all);
    }
    REQUIRE(fault);
    CHECK(fault->kind() == FaultKind::kConfig);
    CHECK_THAT(fault->remedy(), Catch::Contains("write access"));
}

TEST_CASE("log: a full file system refuses appends and goes on when there is room",
          "[faults][log]") {
    const skein::test::TempDirectory directory;
    if (::mount("none", directory.path().c_str(), "tmpfs", 0, "size=4m") != 0) return;
    {
        const auto log = open_at(directory.path() + "/log", OpenMode::kCreate);
        std::ofstream filler(directory.path() + "/filler", std::ios::binary);
        std::uint64_t appended = 0;
        fill(*log, appended = 20);
        const std::string block(4096, 'f');
        while (filler.write(block.data(), 4096).flush()) {
        }
        AppendResult result;
        while (true) {
            result = log->append_one(numbered_batch(*log, Shard(0), appended + 1));
            if (result.outcome != BatchOutcome::kAppended) break;
            ++appended;
        }
        CHECK(result.outcome == BatchOutcome::kInDoubt);
        CHECK(result.cause == &fault_codes::kDiskFull);
        CHECK_THROWS_AS(log->reopen(), Fault);
        CHECK(problem_of_commands(*log, Shard(0), appended) == "");
        filler.close();
        fs::remove(directory.path() + "/filler");
        log->reopen();
        log->append_one(numbered_batch(*log, Shard(0), appended + 1));
        CHECK(problem_of_commands(*log, Shard(0), appended + 1) == "");
        CHECK(walk(*log).problem == "");
    }
    ::umount2(directory.path().c_str(), MNT_DETACH);
}

TEST_CASE("log: what a crash tore is cut off on the system's files too", "[faults][log]") {
    const skein::test::TempDirectory directory;
    const std::string path = directory.path() + "/log";
    const std::string crashed = directory.path() + "/crashed";
    const auto log = open_at(path, OpenMode::kCreate);
    fill(*log, 30);
    fs::copy(path, crashed);  // the store as a crash at this moment leaves it
    const auto files = files_with(crashed, ".log");
    REQUIRE(files.size() == 1);
    const std::string bytes = content_of(files[0]);
    const std::uint64_t end = extent_of_wal(bytes).whole_bytes;
    CHECK(end < bytes.size());  // zeros, written ahead
    fs::resize_file(files[0], end - 3);
    fs::remove(crashed + "/SYNCED");  // it was not synced when it was marked
    const auto recovered = open_at(crashed);
    CHECK(problem_of_commands(*recovered, Shard(0), 29) == "");
    CHECK(recovered->append_one(numbered_batch(*recovered, Shard(0), 30)).outcome ==
          BatchOutcome::kAppended);
    CHECK(walk(*recovered).problem == "");
}

TEST_CASE("log: damage to the last write that was acknowledged is not taken for a torn one",
          "[faults][log][V-39]") {
    const skein::test::TempDirectory directory;
    const std::string path = directory.path() + "/log";
    const auto log = open_at(path, OpenMode::kCreate);
    fill(*log, 30);
    const std::string wal = files_with(path, ".log").at(0);
    const std::uint64_t before = extent_of_wal(content_of(wal)).whole_bytes;
    log->append_one(numbered_batch(*log, Shard(0), 31));
    const std::uint64_t end = extent_of_wal(content_of(wal)).whole_bytes;
    const std::string crashed = directory.path() + "/crashed";
    const auto damaged = [&](const auto& damage) {
        fs::remove_all(crashed);
        fs::copy(path, crashed);
        damage(files_with(crashed, ".log").at(0));
        return fault_at(crashed, OpenMode::kMustExist);
    };
    SeededRandom random(11);
    for (int i = 0; i < 40; ++i) {
        const std::uint64_t at = before + random.below(end - before);
        const auto fault = damaged([&](const std::string& file) { flip(file, at); });
        INFO("byte " << at << " of " << before << " to " << end);
        REQUIRE(fault);
        CHECK(fault->kind() == FaultKind::kCorruption);
        // Nothing is cut off where the store is refused.
        CHECK(content_of(files_with(crashed, ".log").at(0)).size() == content_of(wal).size());
    }
    const auto cut = damaged([&](const std::string& file) { fs::resize_file(file, end - 1); });
    REQUIRE(cut);
    CHECK(cut->kind() == FaultKind::kCorruption);
    // A write that the crash tore, behind what was synced.
    const auto torn = damaged([&](const std::string& file) {
        std::fstream(file, std::ios::in | std::ios::out | std::ios::binary)
            .seekp(static_cast<std::streamoff>(end))
            .write("torn", 4);
    });
    CHECK_FALSE(torn);
    CHECK(problem_of_commands(*open_at(crashed), Shard(0), 31) == "");
}

TEST_CASE("log: every flipped byte of a table is refused or harmless, never served",
          "[faults][log]") {
    const ClosedStore store;
    const auto tables = files_with(store.log, ".sst");
    REQUIRE(tables.size() == 1);
    SeededRandom random(9);
    int refused = 0;
    for (int i = 0; i < 60; ++i) {
        const std::uint64_t at = random.below(fs::file_size(tables[0]));
        flip(tables[0], at);
        const auto kind = read_everything(store.log);
        if (kind) CHECK(*kind == FaultKind::kCorruption);
        refused += kind ? 1 : 0;
        // A store that could be opened may have been compacted since: then there is nothing to
        // mend.
        if (!fs::exists(tables[0])) break;
        flip(tables[0], at);
    }
    CHECK(refused > 40);
    CHECK(read_everything(store.log) == std::nullopt);
}

TEST_CASE("log: truncated and missing files are corruption, with a remedy", "[faults][log]") {
    const ClosedStore store;
    const std::string part = GENERATE(".sst", "MANIFEST", "CURRENT");
    const std::string how = GENERATE("half", "empty", "gone", "last");
    const auto files = files_with(store.log, part);
    REQUIRE(files.size() == 1);
    const auto size = fs::file_size(files[0]);
    if (how == "half") fs::resize_file(files[0], size / 2);
    if (how == "empty") fs::resize_file(files[0], 0);
    if (how == "last") fs::resize_file(files[0], size - 1);
    if (how == "gone") fs::remove(files[0]);
    INFO(part << " " << how);
    for (const OpenMode mode : {OpenMode::kMustExist, OpenMode::kCreate}) {
        const auto fault = fault_at(store.log, mode);
        REQUIRE(fault);
        INFO(fault->what());
        CHECK(fault->kind() == FaultKind::kCorruption);
        CHECK_THAT(fault->remedy(), Catch::Contains("Restore"));
    }
}

}  // namespace skein::log::test
