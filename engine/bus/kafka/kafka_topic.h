// A topic of a Kafka cluster as the bus sees it.
//
// Sending is idempotent, waits for all replicas and never gives up by itself; reading asks for
// offsets, never joins a group, and never jumps where an offset is gone.
// Threads: as EventTopic. Errors: as EventTopic. Source: design section 4; reliability section 6.
#pragma once

#include <memory>

#include "engine/bus/event_topic.h"
#include "engine/bus/kafka/kafka_admin.h"

namespace skein::bus {

class KafkaHandle;

enum class WhenMissing {
    kMake,    // what the log holds is sent anew
    kRefuse,  // a Fault
};

class KafkaTopic final : public EventTopic {
 public:
    KafkaTopic(KafkaOptions options, TopicPlan plan, WhenMissing when_missing);
    ~KafkaTopic() override;

    void prepare() override;
    std::unique_ptr<Publisher> open_publisher() override;
    std::unique_ptr<EventReader> open_reader(Reading reading) override;
    Extent extent(Shard shard) override;
    // As the broker has it; a Fault where it has no such topic.
    std::uint32_t partition_count();
    void read(Shard shard, Offset from, Offset until,
              const std::function<bool(const StoredRecord&)>& visit) override;

 private:
    class Source;

    void wait_until_led();

    const KafkaOptions options_;
    const TopicPlan plan_;
    const WhenMissing when_missing_;
    std::unique_ptr<Source> source_;
};

// The topics of a store with this many shards.
std::unique_ptr<KafkaTopic> events_topic(const KafkaOptions& options, std::uint32_t shard_count,
                                         WhenMissing when_missing);
std::unique_ptr<KafkaTopic> commands_topic(const KafkaOptions& options, std::uint32_t shard_count,
                                           WhenMissing when_missing);
std::unique_ptr<KafkaTopic> outcomes_topic(const KafkaOptions& options, std::uint32_t shard_count,
                                           WhenMissing when_missing);
std::unique_ptr<KafkaTopic> dead_letters_topic(const KafkaOptions& options,
                                               std::uint32_t shard_count, WhenMissing when_missing);

}  // namespace skein::bus
