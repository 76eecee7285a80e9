// A log as its topic tells it: no event is missing, doubled or another than the log's, whatever the
// topic does; and the log is asked only where the topic does not answer.
#include "engine/bus/topic_feed.h"

#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "engine/base/fault.h"
#include "engine/bus/relay.h"
#include "engine/log/memory/memory_log.h"
#include "tests/bus/written_events.h"
#include "tests/unit/bus/memory_topic.h"
#include "tests/waiting/comes_true.h"

namespace skein::bus::test {

namespace {

using skein::test::comes_true;
using std::chrono::milliseconds;

constexpr std::uint32_t kShards = 2;

log::StoreInfo store_info() {
    log::StoreInfo info;
    info.store_id = Uuid({7, 1, 2});
    info.shard_count = kShards;
    return info;
}

RelayOptions eager() {
    RelayOptions options;
    options.audit_interval = milliseconds(10);
    options.retry_after_min = options.retry_after_max = milliseconds(1);
    return options;
}

// What a projector does: goes on after what it has, and believes nothing but the next event.
class Follower {
 public:
    Follower(const log::EventFeed& feed, const log::EventLog& log) : feed_(feed), log_(log) {}

    void advance() {
        for (std::uint32_t s = 0; s < kShards; ++s) {
            feed_.scan(Shard(s), known_[s], [&](const log::EventView& event) {
                check(s, event);
                known_[s] = event.position;
                return problem_.empty();
            });
        }
    }
    bool has_all() {
        advance();
        for (std::uint32_t s = 0; s < kShards; ++s)
            if (known_[s] != log_.head(Shard(s)).position) return false;
        return true;
    }
    const std::string& problem() const { return problem_; }
    const std::vector<Position>& known() const { return known_; }

 private:
    void check(std::uint32_t shard, const log::EventView& event) {
        const auto kept = log_.read(Shard(shard), event.position);
        if (event.position != known_[shard].next()) {
            problem_ = fmt::format("shard {}: {} after {}", shard, event.position.value(),
                                   known_[shard].value());
        } else if (!kept || kept->bytes != event.bytes || kept->hash.view() != event.hash) {
            problem_ = fmt::format("shard {}: {} is not the log's", shard, event.position.value());
        }
    }

    const log::EventFeed& feed_;
    const log::EventLog& log_;
    std::vector<Position> known_ = std::vector<Position>(kShards);
    std::string problem_;
};

struct Bench {
    explicit Bench(TopicFeedOptions options = {}) : feed(log, topic, options) {
        relay.start();
        fill(3);
        REQUIRE(comes_true([&] { return relay.status().deliveries == 3 * kShards; }));
        feed.start();
    }
    ~Bench() {
        feed.stop();
        relay.stop();
    }
    void fill(std::uint64_t events) {
        for (std::uint32_t s = 0; s < kShards; ++s) writer.append(Shard(s), events);
    }

    log::MemoryLog log{store_info()};
    MemoryTopic topic{kShards};
    EventWriter writer{log};
    Relay relay{log, log.info().store_id, topic, eager()};
    TopicFeed feed;
};

}  // namespace

TEST_CASE("topic feed: what is new comes from the topic, what was before from the log [V-114]",
          "[unit][bus]") {
    TopicFeedOptions options;
    options.patience = std::chrono::hours(1);  // a slow machine is no broker that is down
    Bench bench(options);
    Follower follower(bench.feed, bench.log);
    CHECK(comes_true([&] { return follower.has_all(); }));
    CHECK(bench.feed.status().from_log >= 2 * kShards);
    CHECK(comes_true([&] { return bench.feed.status().shards_on_log == 0; }));
    for (int i = 0; i < 30; ++i) {
        bench.fill(2);
        REQUIRE(comes_true([&] { return follower.has_all(); }));
    }
    CHECK(comes_true([&] { return bench.feed.status().shards_on_log == 0; }));
    const std::uint64_t from_log = bench.feed.status().from_log;
    for (int i = 0; i < 30; ++i) {
        bench.fill(2);
        REQUIRE(bench.feed.wait_for_growth(follower.known(), std::chrono::seconds(30)));
        follower.advance();
    }
    CHECK(comes_true([&] { return follower.has_all(); }));
    CHECK(follower.problem() == "");
    CHECK(bench.feed.status().from_log == from_log);
    CHECK(bench.feed.status().from_topic >= 60 * kShards);
}

TEST_CASE("topic feed: without the topic readers follow the log, and go back by themselves [V-172]",
          "[unit][bus]") {
    Bench bench;
    Follower follower(bench.feed, bench.log);
    bench.fill(1);
    CHECK(comes_true([&] { return follower.has_all(); }));
    CHECK(comes_true([&] { return bench.feed.status().shards_on_log == 0; }));
    bench.topic.set_down(true);
    bench.fill(50);
    CHECK(comes_true([&] { return follower.has_all(); }));
    CHECK(bench.feed.status().shards_on_log == kShards);
    CHECK_FALSE(bench.feed.status().last_problem.empty());
    bench.topic.set_down(false);
    bench.fill(1);
    CHECK(comes_true([&] {
        if (bench.feed.status().shards_on_log == 0) return true;
        bench.fill(1);  // a window begins with what is new
        return false;
    }));
    CHECK(comes_true([&] { return follower.has_all(); }));
    CHECK(follower.problem() == "");
}

TEST_CASE("topic feed: who is further behind than the window reads from the log", "[unit][bus]") {
    TopicFeedOptions options;
    options.window_events_max = 10;
    Bench bench(options);
    Follower slow(bench.feed, bench.log);
    for (int i = 0; i < 20; ++i) bench.fill(5);
    CHECK(comes_true([&] { return bench.relay.status().deliveries == 103 * kShards; }));
    CHECK(comes_true([&] { return slow.has_all(); }));
    CHECK(slow.problem() == "");
    CHECK(bench.feed.status().from_log >= 90 * kShards);
}

TEST_CASE("topic feed: who is far behind reads the past from the topic [V-114]", "[unit][bus]") {
    TopicFeedOptions options;
    options.window_events_max = 10;
    options.past_events_min = 50;
    options.patience = std::chrono::hours(1);
    Bench bench(options);
    for (int i = 0; i < 200; ++i) bench.fill(5);
    REQUIRE(comes_true([&] { return bench.relay.status().deliveries == 1003 * kShards; }));
    REQUIRE(comes_true([&] { return bench.feed.status().shards_on_log == 0; }));
    SECTION("at once") {
        Follower slow(bench.feed, bench.log);
        CHECK(comes_true([&] { return slow.has_all(); }));
        CHECK(slow.problem() == "");
    }
    SECTION("a part at a time") {
        Position known(0);
        while (known.value() < 1003)
            bench.feed.scan(Shard(1), known, [&, taken = 0](const log::EventView& event) mutable {
                REQUIRE(event.position == known.next());
                REQUIRE(bench.log.read(Shard(1), event.position)->hash.view() == event.hash);
                known = event.position;
                return ++taken < 70;
            });
    }
    CHECK(bench.feed.status().from_topic >= 950);
    CHECK(bench.feed.status().from_log <= 60 * kShards);
}

TEST_CASE("topic feed: who asks before its first record comes waits for none [V-114]",
          "[unit][bus]") {
    TopicFeedOptions options;
    options.past_events_min = 50;
    log::MemoryLog log{store_info()};
    MemoryTopic topic{kShards};
    EventWriter writer(log);
    writer.append(Shard(0), 49);
    writer.append(Shard(1), 200);
    RecordWriter record(log.info().store_id);
    for (std::uint32_t s = 0; s < kShards; ++s)
        log.scan(Shard(s), Position(0), [&](const log::EventView& event) {
            topic.store(Shard(s), record.write(event));
            return true;
        });
    TopicFeed feed(log, topic, options);  // never started: no window begins
    Follower follower(feed, log);
    CHECK(follower.has_all());
    CHECK(follower.problem() == "");
    CHECK(feed.status().from_topic == 200);
    CHECK(feed.status().from_log == 49);
    Follower another(feed, log);
    CHECK(another.has_all());
    CHECK(topic.readers_opened() == 1);
}

TEST_CASE("topic feed: a topic that has told of nothing yet keeps nobody from the log",
          "[unit][bus]") {
    TopicFeedOptions options;
    options.patience = std::chrono::hours(1);
    options.past_events_min = 50;
    options.past.patience = milliseconds(10);
    log::MemoryLog log{store_info()};
    MemoryTopic topic{kShards};
    TopicFeed feed(log, topic, options);
    feed.start();
    REQUIRE(comes_true([&] { return feed.status().shards_on_log == 0; }));
    EventWriter writer(log);
    writer.append(Shard(0), 49);
    writer.append(Shard(1), 200);
    Follower follower(feed, log);
    CHECK(follower.has_all());
    CHECK(follower.problem() == "");
}

TEST_CASE("topic feed: far behind a topic that is away, or ends early, the log answers [V-172]",
          "[unit][bus]") {
    TopicFeedOptions options;
    options.window_events_max = 10;
    options.past_events_min = 50;
    options.past.patience = milliseconds(10);
    Bench bench(options);
    for (int i = 0; i < 100; ++i) bench.fill(5);
    REQUIRE(comes_true([&] { return bench.relay.status().deliveries == 503 * kShards; }));
    const int way = GENERATE(0, 1, 2);
    if (way == 0) bench.topic.set_down(true);
    if (way == 1) bench.topic.cut(Shard(0), 400);
    if (way == 2) bench.topic.erase_all();
    Follower slow(bench.feed, bench.log);
    CHECK(comes_true([&] { return slow.has_all(); }));
    CHECK(slow.problem() == "");
    CHECK(bench.feed.status().from_log > 0);
}

TEST_CASE("topic feed: a past that goes over into another history is not handed out",
          "[unit][bus]") {
    // The topic has what a log lost that was restored since: the same chain up to position 100.
    log::MemoryLog lost(store_info());
    EventWriter lost_writer(lost);
    log::MemoryLog log(store_info());
    EventWriter writer(log);
    for (EventWriter* each : {&lost_writer, &writer}) each->append(Shard(0), 100);
    lost_writer.append(Shard(0), 100, 50);
    writer.append(Shard(0), 200, 60);
    MemoryTopic topic(kShards);
    RecordWriter record(log.info().store_id);
    for (const log::EventLog* each : {&lost, static_cast<log::MemoryLog*>(&log)})
        each->scan(Shard(0), Position(0), [&](const log::EventView& event) {
            topic.store(Shard(0), record.write(event));
            return true;
        });
    TopicFeedOptions options;
    options.past_events_min = 50;
    TopicFeed feed(log, topic, options);
    Follower follower(feed, log);
    for (int i = 0; i < 3; ++i) follower.advance();
    CHECK(follower.problem() == "");
    CHECK(follower.known()[0] == Position(300));
    CHECK_THAT(feed.status().last_problem, Catch::Contains("another position"));
}

TEST_CASE("topic feed: an event of another history is never handed out", "[unit][bus]") {
    Bench bench;
    Follower follower(bench.feed, bench.log);
    REQUIRE(comes_true([&] { return follower.has_all(); }));
    REQUIRE(comes_true([&] { return bench.feed.status().shards_on_log == 0; }));
    log::MemoryLog other(store_info());
    EventWriter(other).append(Shard(0), 5, 777);
    const auto stranger = other.read(Shard(0), Position(5));
    RecordWriter record(other.info().store_id);
    const std::uint64_t before = bench.feed.status().refetched;
    bench.topic.store(
        Shard(0), record.write({Shard(0), Position(5), stranger->bytes, stranger->hash.view()}));
    REQUIRE(comes_true([&] { return bench.feed.status().refetched > before; }));
    bench.fill(4);
    CHECK(comes_true([&] { return follower.has_all() || !follower.problem().empty(); }));
    CHECK(follower.problem() == "");
}

TEST_CASE("topic feed: whatever the topic does, a reader gets the log [V-114] [V-172]",
          "[unit][bus]") {
    const std::uint64_t seed = std::random_device()();
    INFO("seed " << seed);
    SeededRandom random(seed);
    TopicFeedOptions options;
    options.window_events_max = 20;
    options.past_events_min = 40;
    options.past = {milliseconds(5), milliseconds(5)};
    options.look_interval = milliseconds(5);
    options.patience = milliseconds(20);
    Bench bench(options);
    bench.topic.set_late(true);
    Follower follower(bench.feed, bench.log);
    for (int i = 0; i < 400; ++i) {
        if (random.below(2) == 0)
            bench.writer.append(Shard(random.below(kShards)), 1 + random.below(30));
        switch (random.below(10)) {
            case 0:
                bench.topic.lose_next(static_cast<MemoryTopic::Loss>(1 + random.below(4)));
                break;
            case 1: bench.topic.cut(Shard(random.below(kShards)), random.below(9)); break;
            case 2: bench.topic.set_down(true); break;
            case 3: bench.topic.erase_all(); break;
            default: bench.topic.set_down(false); break;
        }
        if (random.below(3) == 0) std::this_thread::sleep_for(milliseconds(random.below(5)));
        follower.advance();
        REQUIRE(follower.problem() == "");
    }
    bench.topic.set_down(false);
    CHECK(comes_true([&] { return follower.has_all(); }));
    CHECK(follower.problem() == "");
    CHECK(bench.feed.status().from_log > 0);
    // In the end the topic is what readers get again.
    const std::uint64_t before = bench.feed.status().from_topic;
    CHECK(comes_true([&] {
        bench.fill(1);
        follower.advance();
        return bench.feed.status().from_topic > before;
    }));
    CHECK(follower.problem() == "");
}

}  // namespace skein::bus::test
