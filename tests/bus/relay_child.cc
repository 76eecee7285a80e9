// The process that relay_kill_test kills: a relay over an embedded log, until all of it is
// delivered.
//
// usage: relay_child LOG_DIRECTORY BROKERS TOPIC [again]
// With `again` it is given its shards anew while events are on their way, so that its session ends.
// Exit: 0 all is delivered; 5 a Fault.
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/fault.h"
#include "engine/bus/kafka/kafka_topic.h"
#include "engine/bus/relay.h"
#include "engine/log/rocksdb/rocks_log.h"

namespace {

bool is_delivered(const skein::log::EventLog& log, const skein::bus::Relay& relay) {
    const skein::bus::RelayStatus status = relay.status();
    for (std::uint32_t s = 0; s < log.shard_count(); ++s) {
        if (status.shards[s].delivered != log.head(skein::Shard(s)).position) return false;
    }
    return true;
}

void begin_again(const skein::log::EventLog& log, skein::bus::Relay& relay) {
    while (relay.status().in_flight_peak == 0)
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    std::vector<skein::Shard> shards;
    for (std::uint32_t s = 0; s < log.shard_count(); ++s) shards.emplace_back(s);
    relay.set_shards(shards);
}

void run(const std::vector<std::string>& arguments) {
    skein::log::RocksLogOptions log_options;
    log_options.directory = arguments[0];
    skein::SystemRandom random;
    const auto log = skein::log::RocksLog::open(log_options, random);
    skein::bus::KafkaOptions options;
    options.brokers = arguments[1];
    options.topics.events = arguments[2];
    const auto topic =
        skein::bus::events_topic(options, log->shard_count(), skein::bus::WhenMissing::kMake);
    skein::bus::Relay relay(*log, log->info().store_id, *topic, {});
    relay.start();
    if (arguments.size() > 3) begin_again(*log, relay);
    while (!is_delivered(*log, relay)) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    relay.stop();
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 4) return 2;
    try {
        run({arguments + 1, arguments + count});
        return 0;
    } catch (const skein::Fault& fault) {
        fmt::print(stderr, "{}\n", fault.what());
        return 5;
    }
}
