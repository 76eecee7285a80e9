// The topics of nodes: made by `skein migrate`, read back, and held against the log.
#pragma once

#include <sys/wait.h>

#include <csignal>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/bus/event_record.h"
#include "engine/bus/kafka/kafka_topic.h"
#include "tests/node/node_history.h"

namespace skein::node::test {

inline constexpr std::uint32_t kShards = 16;

// Runs the program over both; returns its exit code, with what it said in `said`.
inline int run_program(const std::string& dsn, const std::string& kafka, std::string& said,
                       const std::vector<std::string>& words) {
    skein::test::ServerDirectory directory("/tmp/skein_program_");
    skein::test::ServerCommand command;
    command.words = {SKEIN_PROGRAM, "--pg", dsn, "--kafka", kafka, "--data", directory.path()};
    command.words.insert(command.words.end(), words.begin(), words.end());
    command.output = directory.output();
    command.signal_at_end = SIGKILL;
    const pid_t process = skein::test::start_process(command);
    int status = 0;
    ::waitpid(process, &status, 0);
    said = directory.output_tail();
    return WEXITSTATUS(status);
}

inline int migrate(const std::string& dsn, const std::string& kafka, std::string& said,
                   const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"migrate"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(dsn, kafka, said, words);
}

// By shard and position.
using EventAt = std::map<std::pair<std::uint64_t, std::uint64_t>, Hash>;

// Of several records of a position the last one.
inline EventAt events_in_topic(const std::string& brokers) {
    bus::KafkaOptions options;
    options.brokers = brokers;
    const auto topic = bus::events_topic(options, kShards, bus::WhenMissing::kRefuse);
    EventAt events;
    for (std::uint32_t s = 0; s < kShards; ++s) {
        const auto extent = topic->extent(Shard(s));
        topic->read(Shard(s), extent.begin, extent.end, [&](const bus::StoredRecord& stored) {
            const auto event = bus::received_event(stored);
            if (event) events[{s, event->position.value()}] = event->hash;
            return true;
        });
    }
    return events;
}

inline EventAt events_in_log(Guest& guest) {
    EventAt events;
    for (std::uint32_t s = 0; s < kShards; ++s) {
        guest.store().log().scan(Shard(s), Position(0), [&](const log::EventView& event) {
            events[{s, event.position.value()}] = hash_from_bytes(event.hash);
            return true;
        });
    }
    return events;
}

inline bool views_follow_topic(const ServeProcess& node) {
    return node.metric("skein_feed_shards_on_log") == 0;
}

inline bool has_sent_all(const ServeProcess& node) {
    return node.metric("skein_relay_lag_events") == 0 && node.metric("skein_relay_sending") == 1;
}

}  // namespace skein::node::test
