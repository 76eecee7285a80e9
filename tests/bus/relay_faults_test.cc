// The relay while its broker dies, restarts, stands still, forgets and loses its topic: in the end
// a strict reader has the log, and what was lost was sent again by itself.
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "engine/bus/topic_feed.h"
#include "tests/bus/kafka_hand.h"
#include "tests/bus/running_relay.h"
#include "tests/servers/kafka_broker.h"

namespace skein::bus::test {

using skein::test::KafkaBroker;

namespace {

// Appends to every shard, all the time, while it lives.
class Traffic {
 public:
    explicit Traffic(RunningRelay& running)
        : thread_([&running, this] {
              while (!is_stopping_) {
                  running.fill(3);
                  ++rounds_;
                  std::this_thread::sleep_for(std::chrono::milliseconds(5));
              }
          }) {}
    ~Traffic() { stop(); }
    Traffic(const Traffic&) = delete;
    Traffic& operator=(const Traffic&) = delete;

    void stop() {
        is_stopping_ = true;
        if (thread_.joinable()) thread_.join();
    }
    // Until so many more appends were made.
    void wait(std::uint64_t rounds) const {
        const std::uint64_t until = rounds_ + rounds;
        REQUIRE(comes_true([&] { return rounds_ >= until; }));
    }

 private:
    std::atomic<bool> is_stopping_{false};
    std::atomic<std::uint64_t> rounds_{0};
    std::thread thread_;
};

// The last segment of a partition loses its end, and what was derived from it.
std::uint64_t cut_segment(const std::string& directory) {
    std::filesystem::path last;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        const std::filesystem::path& path = entry.path();
        if (path.extension() == ".log" && path > last) last = path;
    }
    REQUIRE_FALSE(last.empty());
    for (const char* const derived : {".index", ".timeindex"})
        std::filesystem::remove(std::filesystem::path(last).replace_extension(derived));
    const std::uint64_t size = std::filesystem::file_size(last);
    std::filesystem::resize_file(last, size / 2);  // within a record, most likely
    return size - size / 2;
}

}  // namespace

TEST_CASE("relay: a broker that is killed and comes back has everything in the end [V-172]",
          "[kafka]") {
    KafkaBroker& broker = KafkaBroker::shared();
    RunningRelay running(options_at(broker.address(), "killed"), 4);
    running.fill(10);
    running.check_all_arrives();
    Traffic traffic(running);
    traffic.wait(50);
    broker.kill();
    traffic.wait(50);
    broker.start();
    traffic.wait(50);
    traffic.stop();
    running.check_all_arrives();
    CHECK(running.relay.status().in_flight_peak <= RelayOptions().in_flight_events_max);
}

TEST_CASE("relay: a broker that is restarted has everything in the end", "[kafka]") {
    KafkaBroker& broker = KafkaBroker::shared();
    RunningRelay running(options_at(broker.address(), "restarted"), 4);
    Traffic traffic(running);
    traffic.wait(50);
    broker.stop();
    broker.start();
    traffic.wait(50);
    traffic.stop();
    running.check_all_arrives();
}

TEST_CASE("relay: a broker that stands still gets everything when it goes on", "[kafka]") {
    KafkaBroker& broker = KafkaBroker::shared();
    RunningRelay running(options_at(broker.address(), "still"), 4);
    Traffic traffic(running);
    traffic.wait(50);
    broker.pause();
    traffic.wait(200);
    broker.resume();
    traffic.stop();
    running.check_all_arrives();
}

TEST_CASE("topic feed: readers follow the log while the broker stands still, and go back [V-172]",
          "[kafka]") {
    KafkaBroker& broker = KafkaBroker::shared();
    KafkaOptions options = options_at(broker.address(), "fed");
    options.timeout = std::chrono::milliseconds(500);
    RunningRelay running(options, 2);
    TopicFeed feed(running.log, *running.reading, {});
    feed.start();
    std::vector<Position> known(2);
    const auto has_all = [&] {
        bool is_all = true;
        for (std::uint32_t s = 0; s < 2; ++s) {
            feed.scan(Shard(s), known[s], [&](const log::EventView& event) {
                CHECK(event.position == known[s].next());
                CHECK(event.bytes == running.log.read(Shard(s), event.position)->bytes);
                known[s] = event.position;
                return true;
            });
            is_all = is_all && known[s] == running.log.head(Shard(s)).position;
        }
        return is_all;
    };
    const auto is_fed_by_topic = [&] {
        if (feed.status().shards_on_log == 0) return has_all();
        running.fill(1);  // a window begins with what is new
        return false;
    };
    REQUIRE(comes_true(is_fed_by_topic));
    running.fill(5);
    REQUIRE(comes_true(has_all));
    CHECK(feed.status().from_topic > 0);
    broker.pause();
    running.fill(50);
    CHECK(comes_true(has_all));
    CHECK(feed.status().shards_on_log == 2);
    broker.resume();
    CHECK(comes_true(is_fed_by_topic));
    INFO(feed.status().last_problem);
    feed.stop();
}

TEST_CASE("relay: the end of a segment that a broker lost is sent again [V-113]", "[kafka]") {
    KafkaBroker& broker = KafkaBroker::shared();
    const bool goes_on = GENERATE(false, true);
    const std::string name = goes_on ? "cut_while_events_go_on" : "cut";
    RunningRelay running(options_at(broker.address(), name), 4);
    for (int i = 0; i < 100; ++i) running.fill(2);
    running.check_all_arrives();
    const std::uint64_t before = running.relay.status().republished;
    broker.kill();
    for (const int partition : {0, 2})
        REQUIRE(cut_segment(broker.partition_directory(name, partition)) > 1000);
    if (goes_on) running.fill(5);
    broker.start();
    if (goes_on) running.fill(5);
    running.check_all_arrives();
    CHECK(running.relay.status().republished > before);
}

TEST_CASE("relay: a topic that is deleted is made and filled again [V-113]", "[kafka]") {
    KafkaBroker& broker = KafkaBroker::shared();
    RunningRelay running(options_at(broker.address(), "deleted"), 4);
    Traffic traffic(running);
    REQUIRE(comes_true([&] { return running.relay.status().deliveries > 100; }));
    delete_topic(broker.address(), "deleted");
    traffic.wait(50);
    traffic.stop();
    running.check_all_arrives();
    CHECK(running.relay.status().republished > 50);
}

}  // namespace skein::bus::test
