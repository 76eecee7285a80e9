// The relay under SIGKILL at each of its crash points: a strict reader has the log in the end.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <iostream>

#include "engine/log/rocksdb/rocks_log.h"
#include "tests/bus/running_relay.h"
#include "tests/contract/temp_directory.h"
#include "tests/servers/kafka_broker.h"

namespace skein::bus::test {

using skein::test::KafkaBroker;

namespace {

constexpr std::uint32_t kShards = 3;
constexpr const char* kTopic = "kills";

enum class End { kKilled, kDone, kFailed };

class KillBench {
 public:
    explicit KillBench(std::string brokers) : brokers_(std::move(brokers)) {}

    void fill(std::uint64_t events, std::size_t bytes = 300) const {
        const auto log = open();
        EventWriter writer(*log);
        for (std::uint32_t s = 0; s < kShards; ++s) writer.append(Shard(s), events + s, bytes);
    }

    End run(const std::string& crash_at, const std::string& how = {}) const {
        std::vector<std::string> words = {SKEIN_RELAY_CHILD, directory(), brokers_, kTopic};
        if (!how.empty()) words.push_back(how);
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        std::string setting = "SKEIN_CRASH_AT=" + crash_at;
        std::array<char*, 2> environment = {setting.data(), nullptr};
        const pid_t child = ::fork();
        if (child == 0) {
            ::alarm(50);
            ::execve(arguments[0], arguments.data(), environment.data());
            ::_exit(6);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return End::kKilled;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? End::kDone : End::kFailed;
    }

    StrictReading read(Shard shard) const {
        return read_strictly(*reading_topic(), *open(), shard);
    }
    std::string difference() const { return difference_of(*reading_topic(), *open()); }

 private:
    std::string directory() const { return directory_.path() + "/log"; }
    std::unique_ptr<log::RocksLog> open() const {
        log::RocksLogOptions options;
        options.directory = directory();
        options.mode = log::OpenMode::kCreate;
        options.shard_count = kShards;
        SeededRandom random(1);
        return log::RocksLog::open(options, random);
    }
    std::unique_ptr<KafkaTopic> reading_topic() const {
        return events_topic(options_at(brokers_, kTopic), kShards, WhenMissing::kRefuse);
    }

    const std::string brokers_;
    skein::test::TempDirectory directory_;
};

}  // namespace

TEST_CASE("relay: killed at any of its points, a strict reader gets the log [V-112] [V-113]",
          "[kafka][kill]") {
    const KillBench bench(KafkaBroker::shared().address());
    bench.fill(5);
    REQUIRE(bench.run("") == End::kDone);
    SeededRandom random(std::random_device{}());
    std::uint64_t kills = 0;
    for (const char* const point : {"relay.after_read_back", "relay.before_produce",
                                    "relay.after_produce", "relay.after_delivery"}) {
        const bool once = std::string(point) == "relay.after_read_back";
        for (int i = 0; i < (once ? 1 : 4); ++i) {
            const std::uint64_t pass = once ? 1 : 1 + random.below(60);
            INFO(point << ":" << pass);
            bench.fill(20);
            REQUIRE(bench.run(fmt::format("{}:{}", point, pass)) == End::kKilled);
            ++kills;
        }
    }
    // A session that has to end while events are on their way.
    for (const char* const point : {"relay.before_purge", "relay.after_purge"}) {
        INFO(point);
        bench.fill(2);
        bench.fill(1, 500'000);
        bench.fill(2);
        REQUIRE(bench.run(point, "again") == End::kKilled);
        ++kills;
    }
    REQUIRE(bench.run("") == End::kDone);
    CHECK(bench.difference() == "");
    std::uint64_t doubled = 0;
    for (std::uint32_t s = 0; s < kShards; ++s) {
        const StrictReading reading = bench.read(Shard(s));
        CHECK(reading.holes == 0);
        doubled += reading.dropped;
    }
    CHECK(doubled < kills * RelayOptions().in_flight_events_max);
    std::cout << fmt::format("relay kills: {}, doubled events: {}\n", kills, doubled);
}

}  // namespace skein::bus::test
