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

// A partition read from an offset on, while this lives.
class Stretch {
 public:
    Stretch(const KafkaHandle& kafka, const std::string& topic, EventReader::Start start)
        : kafka_(kafka), topic_(topic), start_(start) {
        kafka_.assign(topic_, {start_});
    }
    ~Stretch() { rd_kafka_assign(kafka_.get(), nullptr); }
    Stretch(const Stretch&) = delete;
    Stretch& operator=(const Stretch&) = delete;

    // nullptr: there are no more.
    RdKafkaMessage next() {
        const auto end = std::chrono::steady_clock::now() + kafka_.options().timeout;
        while (std::chrono::steady_clock::now() < end) {
            RdKafkaMessage message(rd_kafka_consumer_poll(kafka_.get(), kafka_.timeout_ms()));
            if (!message || is_of_groups(message->err) || !is_ours(*message)) continue;
            if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return message;
            if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || is_lost_offset(message->err))
                return nullptr;
            throw kafka_.fault_of(message->err, doing());
        }
        throw kafka_.fault_of(RD_KAFKA_RESP_ERR__TIMED_OUT, doing());
    }

 private:
    bool is_ours(const rd_kafka_message_t& message) const {
        return static_cast<std::uint64_t>(message.partition) == start_.shard.value() &&
               (message.err != RD_KAFKA_RESP_ERR_NO_ERROR || message.offset >= start_.offset);
    }
    std::string doing() const {
        return fmt::format("reading partition {} of {}", start_.shard.value(), topic_);
    }

    const KafkaHandle& kafka_;
    const std::string& topic_;
    const EventReader::Start start_;
};

}  // namespace

// One client for questions and for reading back, by one thread at a time.
class KafkaTopic::Source {
 public:
    Source(const KafkaOptions& options, std::string topic)
        : kafka_(options, KafkaHandle::Role::kAsker), topic_(std::move(topic)) {}

    int partition_count() const { return kafka_.partition_count(topic_); }

    Extent extent(Shard shard) const {
        Extent extent;
        const auto error = rd_kafka_query_watermark_offsets(
            kafka_.get(), topic_.c_str(), static_cast<std::int32_t>(shard.value()), &extent.begin,
            &extent.end, kafka_.timeout_ms());
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return extent;
        throw kafka_.fault_of(error, fmt::format("asking for the offsets of partition {} of {}",
                                                 shard.value(), topic_));
    }

    void read(Shard shard, Offset from, Offset until,
              const std::function<bool(const StoredRecord&)>& visit) {
        if (from >= until) return;
        const std::lock_guard<std::mutex> lock(mutex_);
        Stretch stretch(kafka_, topic_, {shard, from});
        while (const RdKafkaMessage message = stretch.next()) {
            if (message->offset >= until || !visit(record_of(*message))) return;
            if (message->offset + 1 >= until) return;
        }
    }

 private:
    std::mutex mutex_;  // held while a partition is read: a client has one assignment
    const KafkaHandle kafka_;
    const std::string topic_;
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

std::unique_ptr<EventReader> KafkaTopic::open_reader(Reading reading) {
    return std::make_unique<KafkaReader>(options_, plan_.name, reading);
}

EventTopic::Extent KafkaTopic::extent(Shard shard) { return source_->extent(shard); }

std::uint32_t KafkaTopic::partition_count() {
    const int count = source_->partition_count();
    if (count >= 0) return static_cast<std::uint32_t>(count);
    throw Fault(FaultKind::kMissing, fmt::format("there is no topic {}", plan_.name),
                "Make it with `skein --pg DSN --kafka BROKERS migrate`, or name another cluster.");
}

void KafkaTopic::read(Shard shard, Offset from, Offset until,
                      const std::function<bool(const StoredRecord&)>& visit) {
    source_->read(shard, from, until, visit);
}

std::unique_ptr<KafkaTopic> events_topic(const KafkaOptions& options, std::uint32_t shard_count,
                                         WhenMissing when_missing) {
    return std::make_unique<KafkaTopic>(options, topic_plans(options, shard_count).at(0),
                                        when_missing);
}

std::unique_ptr<KafkaTopic> commands_topic(const KafkaOptions& options, std::uint32_t shard_count,
                                           WhenMissing when_missing) {
    return std::make_unique<KafkaTopic>(options, topic_plans(options, shard_count).at(1),
                                        when_missing);
}

std::unique_ptr<KafkaTopic> outcomes_topic(const KafkaOptions& options, std::uint32_t shard_count,
                                           WhenMissing when_missing) {
    return std::make_unique<KafkaTopic>(options, topic_plans(options, shard_count).at(2),
                                        when_missing);
}

std::unique_ptr<KafkaTopic> dead_letters_topic(const KafkaOptions& options,
                                               std::uint32_t shard_count,
                                               WhenMissing when_missing) {
    return std::make_unique<KafkaTopic>(options, topic_plans(options, shard_count).at(3),
                                        when_missing);
}

}  // namespace skein::bus
