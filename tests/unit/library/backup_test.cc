#include "tools/library/backup.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "engine/base/fault.h"
#include "engine/replay/verify.h"
#include "tests/contract/temp_directory.h"

using namespace skein;
using skein::test::TempDirectory;

namespace fs = std::filesystem;

namespace {

std::unique_ptr<Store> open_at(const fs::path& directory, OpenMode mode = OpenMode::kCreate) {
    StoreOptions options;
    options.directory = directory;
    options.mode = mode;
    return Store::open(options);
}

void write_swarm(Store& store, int number) {
    const std::string name = "s" + std::to_string(number);
    REQUIRE(store.submit(R"({"type":"CreateSwarm","swarm":")" + name + R"("})").kind ==
            OutcomeKind::kAccepted);
    REQUIRE(store.submit(R"({"type":"StartRun","swarm":")" + name + R"(","run":"r"})").kind ==
            OutcomeKind::kAccepted);
}

std::vector<Position> heads_of(Store& store) {
    std::vector<Position> heads;
    for (std::uint32_t shard = 0; shard < store.log().shard_count(); ++shard)
        heads.push_back(store.log().head(Shard(shard)).position);
    return heads;
}

void no_progress(std::string_view /*what*/, std::uint64_t /*done*/, std::uint64_t /*total*/) {}

BackupContent restore(const fs::path& backup, const fs::path& directory) {
    return restore_backup({backup, directory, standard_kinds()}, no_progress);
}

// The kind and text of what restoring throws.
std::pair<FaultKind, std::string> refusal_of(const fs::path& backup, const fs::path& directory) {
    try {
        restore(backup, directory);
    } catch (const Fault& fault) {
        return {fault.kind(), fault.what()};
    }
    FAIL("it was restored");
    return {};
}

// An empty file, which nothing can be taken from, grows.
void harm(const fs::path& file, std::string_view damage) {
    const auto size = fs::file_size(file);
    if (damage == "missing") {
        fs::remove(file);
    } else if (damage == "cut short" || size == 0) {
        fs::resize_file(file, size == 0 ? 1 : size - 1);
    } else {
        std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
        const int was = bytes.get();
        bytes.seekp(0);
        bytes.put(static_cast<char>(was ^ 1));
    }
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("backup: what was restored is the store as it was, and verifies [C-56] [C-57]",
          "[library]") {
    const TempDirectory directory;
    const fs::path base = directory.path();
    const auto store = open_at(base / "store");
    for (int i = 0; i < 20; ++i) write_swarm(*store, i);
    const std::vector<Position> then = heads_of(*store);
    const std::string digest = store->read("swarm/s3/run/r")->state->digest().hex();
    std::uint64_t copied = 0;
    std::uint64_t total = 0;
    const BackupContent made =
        create_backup(*store, base / "backup", [&](std::string_view what, auto done, auto all) {
            if (what == "copying") copied = done, total = all;
        });
    CHECK(made.events() == 40);
    CHECK(made.positions == then);
    CHECK(made.bytes > 0);
    CHECK(copied == total);
    for (int i = 100; i < 110; ++i) write_swarm(*store, i);

    const BackupContent restored = restore(base / "backup", base / "other");
    CHECK(restored.document() == made.document());
    const auto other = open_at(base / "other", OpenMode::kMustExist);
    CHECK(heads_of(*other) == then);
    CHECK(replay::verify_log(other->log(), other->codec(), [](std::uint64_t) {}).findings.empty());
    CHECK(other->views().verify(std::nullopt, [](std::uint64_t) {}).empty());
    CHECK(other->read("swarm/s3/run/r")->state->digest().hex() == digest);
    CHECK_FALSE(other->read("swarm/s105"));
    // It is the same store on another way: views of the first are not believed above it.
    CHECK(other->log().info().store_id == store->log().info().store_id);
    CHECK_FALSE(other->log().info().incarnation == store->log().info().incarnation);
    write_swarm(*other, 500);
    CHECK(heads_of(*store) != heads_of(*other));
    // The backup is for more than one use.
    CHECK_NOTHROW(restore(base / "backup", base / "third"));
}

TEST_CASE("backup: it is made beside a writer of the same process [C-56]", "[library]") {
    const TempDirectory directory;
    const fs::path base = directory.path();
    const auto store = open_at(base / "store");
    std::atomic<int> written{0};
    std::atomic<bool> is_done{false};
    std::thread writer([&] {
        while (!is_done) {
            const std::string name = "w" + std::to_string(written);
            if (store->submit(R"({"type":"CreateSwarm","swarm":")" + name + R"("})").kind ==
                OutcomeKind::kAccepted)
                ++written;
        }
    });
    while (written < 20) std::this_thread::yield();
    const int before = written;
    const BackupContent made = create_backup(*store, base / "backup", no_progress);
    is_done = true;
    writer.join();
    CHECK(made.events() >= static_cast<std::uint64_t>(before));
    CHECK(restore(base / "backup", base / "other").events() == made.events());
    const auto other = open_at(base / "other", OpenMode::kMustExist);
    for (int i = 0; i < before; ++i) CHECK(other->read("swarm/w" + std::to_string(i)));
}

TEST_CASE("backup: one that is torn or was edited is refused, file by file [C-57]", "[library]") {
    const TempDirectory directory;
    const fs::path base = directory.path();
    {
        const auto store = open_at(base / "store");
        for (int i = 0; i < 5; ++i) write_swarm(*store, i);
        create_backup(*store, base / "backup", no_progress);
    }
    std::vector<fs::path> names{"BACKUP"};
    for (const auto& entry : fs::directory_iterator(base / "backup" / "events"))
        names.push_back(fs::path("events") / entry.path().filename());
    CHECK(names.size() > 4);
    for (const fs::path& name : names) {
        INFO(name.string());
        for (const char* const damage : {"missing", "cut short", "changed"}) {
            INFO(damage);
            fs::copy(base / "backup", base / "damaged", fs::copy_options::recursive);
            const fs::path file = base / "damaged" / name;
            harm(file, damage);
            CHECK(refusal_of(base / "damaged", base / "other").first == FaultKind::kCorruption);
            CHECK_FALSE(fs::exists(base / "other"));
            fs::remove_all(base / "damaged");
        }
    }
    // The backup itself was never touched, and what refusals left behind is in nobody's way.
    CHECK(restore(base / "backup", base / "other").events() == 10);
    CHECK_FALSE(fs::exists(base / "other.tmp"));
}

TEST_CASE("backup: nothing that is there is overwritten", "[library]") {
    const TempDirectory directory;
    const fs::path base = directory.path();
    const auto store = open_at(base / "store");
    write_swarm(*store, 1);
    fs::create_directory(base / "backup");
    CHECK_NOTHROW(create_backup(*store, base / "backup", no_progress));
    CHECK_THROWS_AS(create_backup(*store, base / "backup", no_progress), Fault);
    CHECK(refusal_of(base / "backup", base / "store").first == FaultKind::kConfig);
    CHECK(refusal_of(base / "nowhere", base / "new").first == FaultKind::kMissing);
    // What an interrupted try left is removed; anything else that bears such a name is not.
    fs::create_directory(base / "new.tmp");
    write(base / "new.tmp" / "mine", "mine");
    CHECK(refusal_of(base / "backup", base / "new").second.find("in the way") != std::string::npos);
    CHECK(fs::exists(base / "new.tmp" / "mine"));
    write(base / "new.tmp" / "PARTIAL", "");
    CHECK_NOTHROW(restore(base / "backup", base / "new"));
    CHECK_FALSE(fs::exists(base / "new" / "mine"));
    CHECK_FALSE(fs::exists(base / "new" / "PARTIAL"));
}

TEST_CASE("backup: one whose making was broken off bears no name", "[library]") {
    const TempDirectory directory;
    const fs::path base = directory.path();
    const auto store = open_at(base / "store");
    write_swarm(*store, 1);
    struct Stop {};
    CHECK_THROWS_AS(
        create_backup(*store, base / "backup", [](std::string_view, auto, auto) { throw Stop(); }),
        Stop);
    CHECK_FALSE(fs::exists(base / "backup"));
    CHECK(refusal_of(base / "backup.tmp", base / "new").first == FaultKind::kCorruption);
    CHECK_NOTHROW(create_backup(*store, base / "backup", no_progress));
    CHECK_FALSE(fs::exists(base / "backup.tmp"));
}
