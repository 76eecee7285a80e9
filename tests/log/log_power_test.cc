// The embedded log on a disk that loses its power: nothing acknowledged is lost, what was torn is
// cut off, what is damaged is refused. The same test on a disk that lies about syncing must find
// losses.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <iostream>
#include <thread>

#include "engine/base/fault.h"
#include "engine/log/rocksdb/rocks_log.h"
#include "engine/log/rocksdb/wal_ahead.h"
#include "engine/log/rocksdb/wal_check.h"
#include "tests/log/numbered_commands.h"
#include "tests/log/power_cut_files.h"

// RocksDB sleeps for a second after every background job that failed, to go easy on a disk that may
// be back soon, and closing waits for it. Nothing comes back here while it sleeps, and hundreds of
// cuts fail hundreds of jobs: in this binary its sleep, which is usleep, only lets others go first.
int usleep(useconds_t /*microseconds*/) {
    std::this_thread::yield();
    return 0;
}

namespace skein::log::test {

namespace {

constexpr std::uint32_t kShards = 3;
constexpr int kCutsPerStore = 12;

RocksLogOptions options_on(const std::shared_ptr<PowerCutFiles>& disk) {
    RocksLogOptions options;
    options.directory = "/disk/log";
    options.mode = OpenMode::kCreate;
    options.shard_count = kShards;
    options.write_buffer_bytes = 64U << 10;  // so that cuts fall into flushes and compactions too
    options.files = disk;
    return options;
}

struct Tally {
    std::uint64_t cuts = 0;
    std::uint64_t cuts_in_opening = 0;
    std::uint64_t cuts_in_appending = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t retried_standing = 0;  // in doubt, and had been written
    std::uint64_t retried_anew = 0;
    CutReport disk;
    std::vector<std::string> losses;
};

class PowerTest {
 public:
    PowerTest(SyncMode mode, std::uint64_t seed) : mode_(mode), random_(seed) {}

    Tally run(std::uint64_t cuts) {
        while (tally_.cuts < cuts) {
            disk_ = std::make_shared<PowerCutFiles>(mode_);
            acknowledged_.fill(0);
            for (int i = 0; i < kCutsPerStore && tally_.cuts < cuts; ++i) {
                if (!survive_one_cut()) break;
            }
        }
        return tally_;
    }

 private:
    // Returns whether the store can be used on.
    bool survive_one_cut() {
        // Now and then just when the manifest was written, which is rare and rests on no other
        // sync.
        if (random_.below(4) == 0)
            disk_->cut_at_sync("MANIFEST", 1 + random_.below(4));
        else
            disk_->cut_after(random_.below(8) == 0 ? random_.below(40) : 20 + random_.below(400));
        work_until_cut();
        disk_->cut_after(0);
        ++tally_.cuts;
        const CutReport report = disk_->restore(random_);
        tally_.disk.bytes_dropped += report.bytes_dropped;
        tally_.disk.sectors_torn += report.sectors_torn;
        tally_.disk.files_torn += report.files_torn;
        tally_.disk.entries_dropped += report.entries_dropped;
        return check();
    }

    void work_until_cut() {
        std::unique_ptr<RocksLog> log;
        try {
            log = RocksLog::open(options_on(disk_), random_);
        } catch (const Fault&) {
            ++tally_.cuts_in_opening;
            return;
        }
        try {
            while (append_once(*log)) {
            }
        } catch (const Fault&) {  // a read on the way to the write: nothing was written
        }
        ++tally_.cuts_in_appending;
    }

    // Returns whether it was acknowledged.
    bool append_once(RocksLog& log) {
        std::vector<Batch> batches;
        for (std::uint64_t s = random_.below(kShards); s < kShards; ++s) {
            batches.push_back(numbered_batch(log, Shard(s), acknowledged_[s] + 1));
        }
        const auto results = log.append(batches);
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (results[i].outcome == BatchOutcome::kInDoubt) return false;
            REQUIRE(results[i].outcome == BatchOutcome::kAppended);
            ++acknowledged_[batches[i].shard.value()];
            ++tally_.acknowledged;
        }
        return true;
    }

    bool check() {
        try {
            const auto log = RocksLog::open(options_on(disk_), random_);
            for (std::uint32_t s = 0; s < kShards; ++s) {
                retry(*log, Shard(s));
                const std::string problem = problem_of_commands(*log, Shard(s), acknowledged_[s]);
                if (!problem.empty()) return lost(problem);
            }
            const Walk checked = walk(*log);
            if (!checked.problem.empty()) return lost(checked.problem);
            return true;
        } catch (const Fault& fault) {
            return lost(fault.what());
        }
    }

    // The command that may have been in doubt, sent again: written now, or a duplicate.
    void retry(RocksLog& log, Shard shard) {
        const std::uint64_t number = acknowledged_[shard.value()] + 1;
        const AppendResult result = log.append_one(numbered_batch(log, shard, number));
        const bool stood = result.outcome == BatchOutcome::kRefused &&
                           result.commands[0].verdict == Verdict::kDuplicate;
        if (stood) ++tally_.retried_standing;
        if (result.outcome == BatchOutcome::kAppended) ++tally_.retried_anew;
        acknowledged_[shard.value()] = number;
    }

    bool lost(const std::string& what) {
        tally_.losses.push_back(what);
        return false;
    }

    const SyncMode mode_;
    SeededRandom random_;
    Tally tally_;
    std::shared_ptr<PowerCutFiles> disk_;
    std::array<std::uint64_t, kShards> acknowledged_{};
};

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// A store with `events` in its write-ahead log, as a power cut leaves it.
std::shared_ptr<PowerCutFiles> disk_with_log(std::uint64_t commands) {
    auto disk = std::make_shared<PowerCutFiles>(SyncMode::kHonest);
    SeededRandom random(3);
    RocksLogOptions options = options_on(disk);
    options.write_buffer_bytes = 8U << 20;
    const auto log = RocksLog::open(options, random);
    for (std::uint64_t n = 1; n <= commands; ++n) {
        REQUIRE(log->append_one(numbered_batch(*log, Shard(0), n)).outcome ==
                BatchOutcome::kAppended);
    }
    disk->cut_after(0);
    return disk;
}

std::string manifest_of(const std::map<std::string, std::string>& image) {
    for (const auto& [path, bytes] : image) {
        if (path.find("MANIFEST") != std::string::npos) return path;
    }
    return {};
}

std::string longest_wal(const PowerCutFiles& disk) {
    std::string longest;
    for (const std::string& name : disk.names()) {
        if (!name.ends_with(".log")) continue;
        if (longest.empty() || disk.bytes_of(name).size() > disk.bytes_of(longest).size()) {
            longest = name;
        }
    }
    return longest;
}

}  // namespace

TEST_CASE("log: no power cut loses what was acknowledged [V-170]", "[power][log]") {
    const std::uint64_t cuts = number_from_environment("SKEIN_CUTS", 300);
    const std::uint64_t seed = number_from_environment("SKEIN_SEED", 20261121);
    const Tally tally = PowerTest(SyncMode::kHonest, seed).run(cuts);
    std::cout << fmt::format(
        "power: seed {}, {} cuts ({} opening, {} appending), {} acknowledged, {} lost; torn: {} "
        "files, "
        "{} sectors, {} bytes, {} directory changes; retried: {} stood, {} anew\n",
        seed, tally.cuts, tally.cuts_in_opening, tally.cuts_in_appending, tally.acknowledged,
        tally.losses.size(), tally.disk.files_torn, tally.disk.sectors_torn,
        tally.disk.bytes_dropped, tally.disk.entries_dropped, tally.retried_standing,
        tally.retried_anew);
    for (const std::string& loss : tally.losses) UNSCOPED_INFO(loss);
    CHECK(tally.losses.empty());
    // A class of faults that never fired has shown nothing.
    CHECK(tally.cuts == cuts);
    CHECK(tally.cuts_in_opening > 0);
    CHECK(tally.cuts_in_appending > 0);
    CHECK(tally.acknowledged > cuts);
    CHECK(tally.disk.files_torn > 0);
    CHECK(tally.disk.sectors_torn > 0);
    CHECK(tally.disk.bytes_dropped > 0);
    CHECK(tally.disk.entries_dropped > 0);
    CHECK(tally.retried_standing > 0);
    CHECK(tally.retried_anew > 0);
}

TEST_CASE("log: on a disk that does not sync, the same test finds the losses", "[power][log]") {
    // Where a cut falls depends on background threads: a store may be refused at opening (its end
    // is missing, and the log knows) before a loss shows, so several stores are tried.
    constexpr std::uint64_t kStores = 8;
    const auto is_loss = [](const std::string& what) { return what.ends_with("is lost"); };
    std::uint64_t acknowledged = 0;
    std::uint64_t found_out = 0;
    bool is_found = false;
    for (std::uint64_t seed = 5; seed < 5 + kStores && !is_found; ++seed) {
        const Tally tally = PowerTest(SyncMode::kLying, seed).run(30);
        acknowledged += tally.acknowledged;
        found_out += tally.losses.empty() ? 0 : 1;
        for (const std::string& loss : tally.losses) UNSCOPED_INFO(loss);
        is_found = std::any_of(tally.losses.begin(), tally.losses.end(), is_loss);
    }
    REQUIRE(acknowledged > 30);
    CHECK(found_out > 0);
    CHECK(is_found);
}

TEST_CASE("log: a torn last record is cut off, what stands before it stays", "[power][log]") {
    const auto disk = disk_with_log(60);
    SeededRandom random(4);
    disk->restore(random);
    const std::string wal = longest_wal(*disk);
    const std::string whole = disk->bytes_of(wal);
    const std::size_t end = extent_of_wal(whole).whole_bytes;
    REQUIRE(end < whole.size());  // zeros stand behind it
    const std::size_t cut = GENERATE(1, 3, 7, 100, 200);
    enum class Rest { kGone, kFilled, kZeros };
    const Rest rest = GENERATE(Rest::kGone, Rest::kFilled, Rest::kZeros);
    std::string torn = whole.substr(0, end - cut);
    if (rest == Rest::kFilled) torn.append(cut, '\x5A');
    // The last bytes of a record may be zeros themselves.
    if (rest == Rest::kZeros)
        torn = whole.substr(0, end - cut - 8) + std::string(whole.size() - end + cut + 8, 0);
    disk->set_bytes(wal, torn);
    const auto log = RocksLog::open(options_on(disk), random);
    CHECK(problem_of_commands(*log, Shard(0), 59) == "");
    CHECK(walk(*log).problem == "");
}

TEST_CASE("log: of a manifest the last write may be torn, and nothing before it [V-170]",
          "[power][log]") {
    const auto disk = std::make_shared<PowerCutFiles>(SyncMode::kHonest);
    SeededRandom random(3);
    RocksLogOptions options = options_on(disk);
    options.write_buffer_bytes = 8U << 20;
    auto log = RocksLog::open(options, random);
    for (std::uint64_t n = 1; n <= 60; ++n)
        REQUIRE(log->append_one(numbered_batch(*log, Shard(0), n)).outcome ==
                BatchOutcome::kAppended);
    const auto before = disk->image();
    log.reset();  // writes a table, then says so in the manifest
    const auto after = disk->image();
    const std::string manifest = manifest_of(before);
    const std::string whole = after.at(manifest);
    const std::size_t begin = before.at(manifest).size();
    REQUIRE(whole.size() > begin + 100);
    auto cut = before;  // the power goes before the manifest is synced
    cut.insert(after.begin(), after.end());
    const auto open_torn = [&](std::size_t at, char fill) {
        cut[manifest] = whole;
        for (std::size_t i = at; i < std::min(at + 40, whole.size()); ++i) cut[manifest][i] = fill;
        disk->set_image(cut);
        return RocksLog::open(options_on(disk), random);
    };
    for (std::size_t at = begin; at < whole.size(); at += 5) {
        for (const char fill : {'\0', '\x5A'}) {
            INFO("torn at " << at << " of " << whole.size());
            const auto opened = open_torn(at, fill);
            CHECK(problem_of_commands(*opened, Shard(0), 60) == "");
            CHECK(walk(*opened).problem == "");
        }
    }
    for (std::size_t at = 0; at + 40 < begin; at += 5) {
        try {
            open_torn(at, '\x5A');
            FAIL("opened with bytes changed at " << at);
        } catch (const Fault& fault) {
            CHECK(fault.kind() == FaultKind::kCorruption);
        }
        CHECK(disk->image() == cut);  // a refused store is left as it is
    }
}

TEST_CASE("log: a byte flipped before the last record is refused as corruption", "[power][log]") {
    const auto disk = disk_with_log(120);
    SeededRandom random(4);
    disk->restore(random);
    const std::string wal = longest_wal(*disk);
    const std::string whole = disk->bytes_of(wal);
    REQUIRE(extent_of_wal(whole).is_whole);
    REQUIRE(whole.size() > 40000);  // more than one block of the log
    // The last record is what a torn write may look like, so the flips stay before it.
    const std::size_t last_record = whole.rfind(fmt::format("command {} ", 119));
    std::uint64_t refused = 0;
    constexpr std::uint64_t kFlips = 400;
    for (std::uint64_t i = 0; i < kFlips; ++i) {
        std::string flipped = whole;
        const std::size_t at = random.below(last_record);
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << random.below(8)));
        const WalExtent extent = extent_of_wal(flipped);
        refused += extent.is_damaged ? 1U : 0U;
        if (i % 40 != 0) continue;
        disk->set_bytes(wal, flipped);
        try {
            RocksLog::open(options_on(disk), random);
            FAIL("opened with byte " << at << " flipped");
        } catch (const Fault& fault) {
            CHECK(fault.kind() == FaultKind::kCorruption);
            CHECK_FALSE(fault.remedy().empty());
        }
        CHECK(disk->bytes_of(wal) == flipped);  // a refused store is left as it is
    }
    CHECK(refused == kFlips);
    disk->set_bytes(wal, whole);
    CHECK(problem_of_commands(*RocksLog::open(options_on(disk), random), Shard(0), 120) == "");
}

TEST_CASE("log: a failed sync is in doubt, and reopening finds out", "[power][log]") {
    const auto disk = std::make_shared<PowerCutFiles>(SyncMode::kHonest);
    SeededRandom random(6);
    const auto log = RocksLog::open(options_on(disk), random);
    REQUIRE(log->append_one(numbered_batch(*log, Shard(0), 1)).outcome == BatchOutcome::kAppended);
    disk->fail_syncs();
    const Batch second = numbered_batch(*log, Shard(0), 2);
    const AppendResult failed = log->append_one(second);
    CHECK(failed.outcome == BatchOutcome::kInDoubt);
    CHECK_FALSE(failed.detail.empty());
    CHECK(log->head(Shard(0)).position == Position(2));
    CHECK(log->append_one(second).outcome == BatchOutcome::kInDoubt);
    CHECK(log->append_one(numbered_batch(*log, Shard(1), 1)).outcome == BatchOutcome::kInDoubt);
    CHECK_THROWS_AS(log->put_snapshot(Stream("swarm/s1"), Version(1), "s"), Fault);
    CHECK(log->read(Shard(0), Position(1)));  // reads go on
    CHECK_THROWS_AS(log->reopen(), Fault);    // the disk still fails
    CHECK(log->append_one(second).outcome == BatchOutcome::kInDoubt);

    SECTION("the disk answers again: the same batch gives one definite answer") {
        disk->heal_syncs();
        log->reopen();
        const AppendResult again = log->append_one(second);
        const bool stood = again.outcome == BatchOutcome::kRefused &&
                           again.commands[0].verdict == Verdict::kDuplicate;
        CHECK((stood || again.outcome == BatchOutcome::kAppended));
        // What is answered now must survive, though the first sync threw its pages away.
        disk->cut_after(0);
        disk->restore(random);
        log->reopen();
        CHECK(problem_of_commands(*log, Shard(0), 2) == "");
        CHECK(walk(*log).problem == "");
    }
    SECTION("the power goes: what was acknowledged stands") {
        disk->cut_after(0);
        disk->restore(random);
        log->reopen();
        CHECK(problem_of_commands(*log, Shard(0),
                                  log->head(Shard(0)).position.value() == 2 ? 1 : 2) == "");
    }
}

TEST_CASE("log: a full disk refuses appends, loses nothing, and goes on when there is room",
          "[power][log]") {
    const auto disk = std::make_shared<PowerCutFiles>(SyncMode::kHonest);
    SeededRandom random(6);
    const auto log = RocksLog::open(options_on(disk), random);
    for (std::uint64_t n = 1; n <= 20; ++n) {
        REQUIRE(log->append_one(numbered_batch(*log, Shard(0), n)).outcome ==
                BatchOutcome::kAppended);
    }
    disk->set_full(true);
    // Where zeros were written ahead there is room for some more.
    constexpr std::uint64_t kMoreMax = 2 * kWalAheadBytes / 100;
    std::uint64_t last = 21;
    Batch batch = numbered_batch(*log, Shard(0), last);
    while (log->append_one(batch).outcome == BatchOutcome::kAppended && last < kMoreMax)
        batch = numbered_batch(*log, Shard(0), ++last);
    CHECK(log->append_one(batch).outcome == BatchOutcome::kInDoubt);
    try {
        log->reopen();
        FAIL("reopened on a full disk");
    } catch (const Fault& fault) {
        CHECK(fault.kind() == FaultKind::kUnavailable);
        CHECK(fault.remedy().find("Free space") != std::string::npos);
    }
    CHECK(problem_of_commands(*log, Shard(0), last - 1) == "");  // it can still be read
    disk->set_full(false);
    log->reopen();
    log->append_one(batch);
    CHECK(problem_of_commands(*log, Shard(0), last) == "");
    CHECK(walk(*log).problem == "");
}

}  // namespace skein::log::test
