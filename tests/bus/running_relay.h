// A relay that runs, its log in memory, and waiting until a strict reader has all of it.
//
// Threads: one. Errors: checks of Catch2.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "engine/base/fault.h"
#include "engine/bus/kafka/kafka_topic.h"
#include "engine/bus/relay.h"
#include "engine/log/memory/memory_log.h"
#include "tests/bus/strict_reader.h"
#include "tests/bus/written_events.h"
#include "tests/waiting/comes_true.h"

namespace skein::bus::test {

using skein::test::comes_true;

inline log::StoreInfo memory_store(std::uint32_t shards) {
    log::StoreInfo info;
    info.store_id = *Uuid::parse("01935d3e-0000-7000-8000-000000000001");
    info.shard_count = shards;
    return info;
}

// Options for one test: a topic that no other test has.
inline KafkaOptions options_at(const std::string& brokers, const std::string& topic) {
    KafkaOptions options;
    options.brokers = brokers;
    options.topics.events = topic;
    options.timeout = std::chrono::seconds(5);
    return options;
}

inline RelayOptions watchful() {
    RelayOptions options;
    options.audit_interval = std::chrono::milliseconds(200);
    options.retry_after_max = std::chrono::milliseconds(300);
    return options;
}

// Why a strict reader does not have the whole log yet, or empty.
inline std::string lack_of(EventTopic& topic, const log::EventLog& log) {
    try {
        return difference_of(topic, log);
    } catch (const Fault& fault) {
        return fault.what();
    }
}

struct RunningRelay {
    RunningRelay(const KafkaOptions& options, std::uint32_t shards,
                 RelayOptions relay_options = watchful())
        : log(memory_store(shards)),
          topic(events_topic(options, shards, WhenMissing::kMake)),
          reading(events_topic(options, shards, WhenMissing::kRefuse)),
          relay(log, log.info().store_id, *topic, std::move(relay_options)) {
        relay.start();
    }
    ~RunningRelay() { relay.stop(); }

    void fill(std::uint64_t events, std::size_t bytes = 200) {
        for (std::uint32_t s = 0; s < log.shard_count(); ++s)
            writer.append(Shard(s), events, bytes);
    }
    // Whether deliveries have reached the heads.
    bool is_delivered() const {
        const RelayStatus status = relay.status();
        for (std::uint32_t s = 0; s < log.shard_count(); ++s)
            if (status.shards[s].delivered != log.head(Shard(s)).position) return false;
        return true;
    }
    void check_all_arrives() {
        std::string lack;
        const bool has_come = comes_true([&] {
            if (!is_delivered()) return false;
            lack = lack_of(*reading, log);
            return lack.empty();
        });
        const RelayStatus status = relay.status();
        INFO("lack: " << lack << "; last problem: " << status.last_problem
                      << "; sessions: " << status.sessions << ", failures: " << status.failures);
        REQUIRE(has_come);
    }

    log::MemoryLog log;
    EventWriter writer{log};
    std::unique_ptr<KafkaTopic> topic;
    std::unique_ptr<KafkaTopic> reading;
    Relay relay;
};

}  // namespace skein::bus::test
