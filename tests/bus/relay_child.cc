// The process that relay_kill_test kills: a relay over an embedded log, until all of it is
// delivered.
//
// usage: relay_child LOG_DIRECTORY BROKERS TOPIC [PROPERTY=VALUE...]
// Exit: 0 all is delivered; 5 a Fault.
#include <fmt/format.h>

#include <chrono>
#include <thread>

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

void run(const std::vector<std::string>& arguments) {
    skein::log::RocksLogOptions log_options;
    log_options.directory = arguments[0];
    skein::SystemRandom random;
    const auto log = skein::log::RocksLog::open(log_options, random);
    skein::bus::KafkaOptions options;
    options.brokers = arguments[1];
    options.topics.events = arguments[2];
    for (std::size_t i = 3; i < arguments.size(); ++i)
        options.properties.push_back(skein::bus::parse_property(arguments[i]));
    const auto topic =
        skein::bus::events_topic(options, log->shard_count(), skein::bus::WhenMissing::kMake);
    skein::bus::Relay relay(*log, log->info().store_id, *topic, {});
    relay.start();
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
