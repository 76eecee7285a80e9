#include "bench/node_side.h"

#include <fmt/format.h>
#include <unistd.h>

#include <thread>

#include "engine/base/check.h"
#include "engine/bus/topic_feed.h"

namespace skein::bench {

namespace {

constexpr std::chrono::milliseconds kPoll{1};
constexpr std::chrono::seconds kPatience{120};

}  // namespace

bus::KafkaOptions topics_of(const Servers& servers, const std::string& name, int run) {
    bus::KafkaOptions options;
    options.brokers = servers.kafka;
    options.topics.events = fmt::format("skein.bench.{}.{}.{}", ::getpid(), name, run);
    return options;
}

RelayedTopic::RelayedTopic(const log::EventLog& log, const bus::KafkaOptions& options)
    : log_(log), topic_(bus::events_topic(options, log.shard_count(), bus::WhenMissing::kMake)) {
    topic_->prepare();
    relay_.emplace(log, log.info().store_id, *topic_, bus::RelayOptions{});
    relay_->start();
}

void RelayedTopic::await_all() const {
    for (std::uint32_t s = 0; s < log_.shard_count(); ++s) {
        const Position head = log_.head(Shard(s)).position;
        while (relay_->status().shards[s].delivered < head) std::this_thread::sleep_for(kPoll);
    }
}

std::unique_ptr<Store> open_reader(const std::string& dsn, const ScratchDirectory& scratch,
                                   bus::EventTopic* topic) {
    StoreOptions options;
    options.directory = scratch.path() / "reader";
    options.mode = OpenMode::kMustExist;
    options.postgres.emplace().connect.dsn = dsn;
    if (topic != nullptr)
        options.feed = [topic](const log::EventLog& log) {
            auto feed = std::make_unique<bus::TopicFeed>(log, *topic, bus::TopicFeedOptions{});
            feed->start();
            return feed;
        };
    return Store::open(options);
}

void await_views(Store& reader) {
    for (std::uint32_t s = 0; s < reader.log().shard_count(); ++s) {
        const Position head = reader.log().head(Shard(s)).position;
        SKEIN_CHECK(reader.views().wait_for(Shard(s), head, kPatience),
                    "the reader does not catch up with shard {}", s);
    }
}

double catch_up_seconds(const std::string& dsn, bus::EventTopic* topic) {
    const ScratchDirectory scratch;
    std::unique_ptr<Store> reader;
    return seconds_of([&] {
        reader = open_reader(dsn, scratch, topic);
        await_views(*reader);
    });
}

}  // namespace skein::bench
