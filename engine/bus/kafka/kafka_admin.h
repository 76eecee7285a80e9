// Skein's topics on a cluster: made where they are missing, and checked at start, so that a wrong
// number of partitions, too small a limit or a missing right is named before anything rests on it.
//
// Threads: free functions. Errors: Fault kConfig with the remedy; kUnavailable.
// Source: interfaces section 7; design section 4; V-112.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/bus/kafka/kafka_options.h"

namespace skein::bus {

enum class PartitionRule {
    kExact,    // one partition is one shard
    kAtLeast,  // any number: records are spread by their key
};
struct TopicPlan {
    std::string name;
    std::uint32_t partitions = 0;  // of one that is made
    std::vector<std::pair<std::string, std::string>> settings;
    PartitionRule rule = PartitionRule::kExact;
    bool is_of_log = false;  // the log makes its records anew where they are gone
};
// Events, commands, outcomes and dead letters of a store with this many shards.
std::vector<TopicPlan> topic_plans(const KafkaOptions& options, std::uint32_t shard_count);

enum class TopicState { kMissing, kMade, kStood };
struct TopicFound {
    std::string name;
    TopicState state = TopicState::kMissing;
};
// What stands, changing nothing. A Fault, as by check_topics, where that does not fit.
std::vector<TopicFound> find_topics(const KafkaOptions& options,
                                    const std::vector<TopicPlan>& plans);
// Makes what is missing, and returns when the brokers know it; what stands is left as it is.
std::vector<TopicFound> make_topics(const KafkaOptions& options,
                                    const std::vector<TopicPlan>& plans);
// A Fault for the first topic that is missing, has a wrong number of partitions, takes no messages
// of kMessageBytesMax, or is compacted.
void check_topics(const KafkaOptions& options, const std::vector<TopicPlan>& plans);

}  // namespace skein::bus
