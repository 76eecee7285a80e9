// A client of librdkafka: its settings, its life, and its errors as Faults that say what to do.
//
// Threads: thread-safe after construction. Errors: Fault kConfig for settings, rights and
// identities; kUnavailable for what may pass.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/fault.h"
#include "engine/bus/event_topic.h"
#include "engine/bus/kafka/kafka_options.h"

namespace skein::bus {

struct RdKafkaTopicDelete {
    void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using RdKafkaTopic = std::unique_ptr<rd_kafka_topic_t, RdKafkaTopicDelete>;

class KafkaHandle {
 public:
    enum class Role {
        kProducer,
        kFollower,  // a consumer that waits for what comes
        kAsker,     // a consumer for questions and for stretches that stand there already
    };

    KafkaHandle(const KafkaOptions& options, Role role);
    ~KafkaHandle();
    KafkaHandle(const KafkaHandle&) = delete;
    KafkaHandle& operator=(const KafkaHandle&) = delete;

    rd_kafka_t* get() const { return client_; }
    const KafkaOptions& options() const { return options_; }
    int timeout_ms() const { return static_cast<int>(options_.timeout.count()); }

    RdKafkaTopic topic(const std::string& name) const;
    // -1 where the broker does not know it.
    int partition_count(const std::string& name) const;

    // From now on these partitions alone are read, each from its offset. No group is joined.
    void assign(const std::string& topic, const std::vector<EventReader::Start>& starts) const;

    // `doing` as in "reading offsets of skein.events.v1". Where the connection itself was refused,
    // the fault says that.
    Fault fault_of(rd_kafka_resp_err_t error, const std::string& doing) const;

 private:
    // What the client last said of its connections; asked for where a request got no answer.
    struct Said {
        std::mutex mutex;
        rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;  // guarded by mutex
        std::string text;                                       // guarded by mutex
    };
    static void hear(rd_kafka_t* client, int code, const char* text, void* said);
    static void hear_log(const rd_kafka_t* client, int level, const char* facility,
                         const char* text);

    const KafkaOptions options_;
    std::shared_ptr<Said> said_;  // lives as long as the client
    rd_kafka_t* client_ = nullptr;
};

}  // namespace skein::bus
