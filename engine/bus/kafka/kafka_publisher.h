// One session of an idempotent producer: it ends by being destroyed, and what it had not sent is
// purged.
//
// Threads: one. Errors: what went wrong with a record is its delivery; with the session, failure().
// Source: design section 4 (relay); reliability 3.2.
#pragma once

#include <string>

#include "engine/bus/event_topic.h"
#include "engine/bus/kafka/kafka_handle.h"

namespace skein::bus {

class KafkaPublisher final : public Publisher {
 public:
    KafkaPublisher(const KafkaOptions& options, const std::string& topic);
    ~KafkaPublisher() override;
    KafkaPublisher(const KafkaPublisher&) = delete;
    KafkaPublisher& operator=(const KafkaPublisher&) = delete;

    Offer offer(Shard shard, Position position, const Record& record) override;
    void poll(std::chrono::milliseconds timeout,
              const std::function<void(const Delivery&)>& visit) override;
    std::string failure() const override;

    rd_kafka_t* client() const { return kafka_.get(); }

 private:
    const KafkaHandle kafka_;
    RdKafkaTopic topic_;
    rd_kafka_queue_t* queue_;
    std::string failure_;
};

}  // namespace skein::bus
