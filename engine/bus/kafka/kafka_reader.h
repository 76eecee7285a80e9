// Following partitions of a topic by offsets that the caller keeps: no group, no commits, no jumps.
//
// Threads: one. Errors: as EventReader. Source: design section 4 (projectors); reliability 3.4.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/bus/event_topic.h"
#include "engine/bus/kafka/kafka_handle.h"

namespace skein::bus {

// The record of a message. Views are valid while the message is.
StoredRecord record_of(const rd_kafka_message_t& message);

// Errors of the group protocol, which is not used: a user needs no rights for it.
bool is_of_groups(rd_kafka_resp_err_t error);
// Whether the error says that the offset asked for does not stand any more.
bool is_lost_offset(rd_kafka_resp_err_t error);

struct RdKafkaMessageDelete {
    void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
using RdKafkaMessage = std::unique_ptr<rd_kafka_message_t, RdKafkaMessageDelete>;

class KafkaReader final : public EventReader {
 public:
    KafkaReader(const KafkaOptions& options, std::string topic, EventTopic::Reading reading);

    void assign(const std::vector<Start>& starts) override;
    std::vector<Shard> poll(std::chrono::milliseconds timeout,
                            const std::function<void(const StoredRecord&)>& visit) override;

 private:
    struct Followed {
        Shard shard;
        Offset next = 0;
        bool has_given = false;  // since the last nudge
    };

    // The partition that the message belongs to, or nullptr.
    Followed* followed_of(const rd_kafka_message_t& message);
    void nudge();

    const std::shared_ptr<const KafkaHandle> kafka_;
    const std::string name_;
    std::vector<Followed> followed_;
    std::size_t given_bytes_ = 0;  // since the last nudge
    const std::shared_ptr<std::atomic<bool>> is_nudging_ =
        std::make_shared<std::atomic<bool>>(false);
};

}  // namespace skein::bus
