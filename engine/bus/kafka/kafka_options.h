// How Kafka is reached and what its topics are called. Any property of librdkafka can be given and
// wins over the settings here (security.protocol, sasl.*, ssl.*, client.id, debug...), but for
// those that promises rest on: these are refused by name.
//
// Threads: values. Errors: Fault kConfig. Source: interfaces sections 6 and 7; reliability section 6.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace skein::bus {

struct TopicNames {
    std::string events = "skein.events.v1";
    std::string commands = "skein.commands.v1";
    std::string outcomes = "skein.outcomes.v1";
    std::string dead_letters = "skein.commands.dlq.v1";
};

// The largest message that brokers, topics and clients must take: an event of 4 MiB with room.
inline constexpr std::size_t kMessageBytesMax = 8U << 20;

struct KafkaOptions {
    std::string brokers;  // host:port,host:port
    std::vector<std::pair<std::string, std::string>> properties;
    TopicNames topics;
    // Of one question to the broker: metadata, offsets, a record.
    std::chrono::milliseconds timeout{10'000};
    // "-1": for ever.
    std::string events_retention_ms = "-1";
};

// Splits `name=value`; the form in which the command line and the environment give properties.
std::pair<std::string, std::string> parse_property(const std::string& text);

// A Fault where a property is one that promises rest on.
void check_properties(const KafkaOptions& options);

}  // namespace skein::bus
