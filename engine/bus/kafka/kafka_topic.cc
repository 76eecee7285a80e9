#include "engine/bus/kafka/kafka_topic.h"

#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "engine/bus/kafka/kafka_handle.h"
#include "engine/bus/kafka/kafka_publisher.h"
#include "engine/bus/kafka/kafka_reader.h"

namespace skein::bus {

namespace {

std::int32_t partition_of(Shard shard) { return static_cast<std::int32_t>(shard.value()); }

// Reads one partition while it lives.
class Reading {
 public:
    Reading(const KafkaHandle& kafka, rd_kafka_topic_t* topic, Shard shard, Offset from)
        : kafka_(kafka), topic_(topic), partition_(partition_of(shard)) {
        if (rd_kafka_consume_start(topic_, partition_, from) != 0)
            throw kafka_.fault_of(rd_kafka_last_error(), doing());
    }
    ~Reading() { rd_kafka_consume_stop(topic_, partition_); }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    // nullptr: there are no more.
    RdKafkaMessage next() {
        RdKafkaMessage message(rd_kafka_consume(topic_, partition_, kafka_.timeout_ms()));
        if (!message) throw kafka_.fault_of(RD_KAFKA_RESP_ERR__TIMED_OUT, doing());
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return message;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || is_lost_offset(message->err))
            return nullptr;
        throw kafka_.fault_of(message->err, doing());
    }

 private:
    std::string doing() const {
        return fmt::format("reading partition {} of {}", partition_, rd_kafka_topic_name(topic_));
    }

    const KafkaHandle& kafka_;
    rd_kafka_topic_t* topic_;
    const std::int32_t partition_;
};

}  // namespace

// One client for questions and for reading back, by one thread at a time.
class KafkaTopic::Source {
 public:
    Source(const KafkaOptions& options, const std::string& topic)
        : kafka_(options, KafkaHandle::Role::kConsumer), topic_(kafka_.topic(topic)) {}

    int partition_count() const { return kafka_.partition_count(name()); }

    Extent extent(Shard shard) const {
        Extent extent;
        const auto error =
            rd_kafka_query_watermark_offsets(kafka_.get(), name().c_str(), partition_of(shard),
                                             &extent.begin, &extent.end, kafka_.timeout_ms());
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return extent;
        throw kafka_.fault_of(error, fmt::format("asking for the offsets of partition {} of {}",
                                                 shard.value(), name()));
    }

    void read(Shard shard, Offset from, Offset until,
              const std::function<bool(const StoredRecord&)>& visit) {
        if (from >= until) return;
        const std::lock_guard<std::mutex> lock(mutex_);
        Reading reading(kafka_, topic_.get(), shard, from);
        while (const RdKafkaMessage message = reading.next()) {
            if (message->offset >= until || !visit(record_of(*message))) return;
            if (message->offset + 1 >= until) return;
        }
    }

 private:
    std::string name() const { return rd_kafka_topic_name(topic_.get()); }

    std::mutex mutex_;
    const KafkaHandle kafka_;
    const RdKafkaTopic topic_;
};

KafkaTopic::KafkaTopic(KafkaOptions options, TopicPlan plan, WhenMissing when_missing)
    : options_(std::move(options)),
      plan_(std::move(plan)),
      when_missing_(when_missing),
      source_(std::make_unique<Source>(options_, plan_.name)) {}

KafkaTopic::~KafkaTopic() = default;

void KafkaTopic::prepare() {
    if (when_missing_ == WhenMissing::kMake && source_->partition_count() < 0) {
        make_topics(options_, {plan_});
        wait_until_led();
    }
    check_topics(options_, {plan_});
}

// The broker says that a topic is made before each of its partitions has a leader.
void KafkaTopic::wait_until_led() {
    const auto end = std::chrono::steady_clock::now() + options_.timeout;
    for (std::uint32_t s = 0; s < plan_.partitions;) {
        try {
            source_->extent(Shard(s));
            ++s;
        } catch (const Fault& fault) {
            if (fault.kind() != FaultKind::kUnavailable || std::chrono::steady_clock::now() > end)
                throw;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
}

std::unique_ptr<Publisher> KafkaTopic::open_publisher() {
    return std::make_unique<KafkaPublisher>(options_, plan_.name);
}

std::unique_ptr<EventReader> KafkaTopic::open_reader() {
    return std::make_unique<KafkaReader>(options_, plan_.name);
}

EventTopic::Extent KafkaTopic::extent(Shard shard) { return source_->extent(shard); }

void KafkaTopic::read(Shard shard, Offset from, Offset until,
                      const std::function<bool(const StoredRecord&)>& visit) {
    source_->read(shard, from, until, visit);
}

std::unique_ptr<KafkaTopic> events_topic(const KafkaOptions& options, std::uint32_t shard_count,
                                         WhenMissing when_missing) {
    return std::make_unique<KafkaTopic>(options, topic_plans(options, shard_count).front(),
                                        when_missing);
}

}  // namespace skein::bus
