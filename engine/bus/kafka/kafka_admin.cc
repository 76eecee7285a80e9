#include "engine/bus/kafka/kafka_admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <thread>

#include "engine/bus/kafka/kafka_handle.h"

namespace skein::bus {

namespace {

struct NewTopicDelete {
    void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};
struct ResourceDelete {
    void operator()(rd_kafka_ConfigResource_t* resource) const {
        rd_kafka_ConfigResource_destroy(resource);
    }
};
struct OptionsDelete {
    void operator()(rd_kafka_AdminOptions_t* options) const {
        rd_kafka_AdminOptions_destroy(options);
    }
};
struct QueueDelete {
    void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct EventDelete {
    void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, QueueDelete>;
using Event = std::unique_ptr<rd_kafka_event_t, EventDelete>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, OptionsDelete>;

AdminOptions admin_options(const KafkaHandle& kafka, rd_kafka_admin_op_t operation) {
    AdminOptions options(rd_kafka_AdminOptions_new(kafka.get(), operation));
    std::array<char, 256> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), kafka.timeout_ms(), text.data(),
                                              text.size());
    return options;
}

// The answer to a question of the admin API; a Fault where there is none.
Event answer(const KafkaHandle& kafka, rd_kafka_queue_t* queue, const std::string& doing) {
    constexpr int kBeyondItsOwn = 1000;
    Event event(rd_kafka_queue_poll(queue, kafka.timeout_ms() + kBeyondItsOwn));
    if (!event) throw kafka.fault_of(RD_KAFKA_RESP_ERR__TIMED_OUT, doing);
    if (const auto error = rd_kafka_event_error(event.get())) throw kafka.fault_of(error, doing);
    return event;
}

// Returns whether it was made; not where somebody else was first.
bool make_topic(const KafkaHandle& kafka, const TopicPlan& plan) {
    const std::string doing = "making topic " + plan.name;
    std::array<char, 256> text{};
    // -1: as many replicas as the broker's default says.
    const std::unique_ptr<rd_kafka_NewTopic_t, NewTopicDelete> topic(rd_kafka_NewTopic_new(
        plan.name.c_str(), static_cast<int>(plan.partitions), -1, text.data(), text.size()));
    if (!topic) throw Fault(FaultKind::kConfig, fmt::format("{}: {}", doing, text.data()));
    for (const auto& [name, value] : plan.settings)
        rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
    const Queue queue(rd_kafka_queue_new(kafka.get()));
    const AdminOptions options = admin_options(kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_NewTopic_t* one = topic.get();
    rd_kafka_CreateTopics(kafka.get(), &one, 1, options.get(), queue.get());
    const Event event = answer(kafka, queue.get(), doing);
    std::size_t count = 0;
    const auto* const results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto error = rd_kafka_topic_result_error(results[i]);
        if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return false;
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw kafka.fault_of(error, doing);
    }
    return true;
}

// The controller says that a topic is made before the brokers have heard of it.
void wait_until_known(const KafkaHandle& kafka, const std::string& topic) {
    const auto end = std::chrono::steady_clock::now() + kafka.options().timeout;
    while (kafka.partition_count(topic) < 0) {
        if (std::chrono::steady_clock::now() > end)
            throw kafka.fault_of(RD_KAFKA_RESP_ERR__TIMED_OUT, "waiting for topic " + topic);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

// The value of one setting of a topic as it works, from wherever it comes; nullopt: not told.
std::optional<std::string> setting_of(const KafkaHandle& kafka, const std::string& topic,
                                      std::string_view setting) {
    const std::string doing = "asking for the settings of topic " + topic;
    const std::unique_ptr<rd_kafka_ConfigResource_t, ResourceDelete> resource(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    const Queue queue(rd_kafka_queue_new(kafka.get()));
    const AdminOptions options = admin_options(kafka, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_ConfigResource_t* one = resource.get();
    rd_kafka_DescribeConfigs(kafka.get(), &one, 1, options.get(), queue.get());
    const Event event = answer(kafka, queue.get(), doing);
    std::size_t count = 0;
    const auto* const resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    if (count != 1) return std::nullopt;
    if (const auto error = rd_kafka_ConfigResource_error(resources[0]))
        throw kafka.fault_of(error, doing);
    const auto* const entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    for (std::size_t i = 0; i < count; ++i) {
        if (rd_kafka_ConfigEntry_name(entries[i]) != setting) continue;
        const char* const value = rd_kafka_ConfigEntry_value(entries[i]);
        if (value != nullptr) return value;
    }
    return std::nullopt;
}

void check_cleanup(const KafkaHandle& kafka, const TopicPlan& plan) {
    const auto value = setting_of(kafka, plan.name, "cleanup.policy");
    if (!value || *value == "delete") return;
    throw Fault(FaultKind::kConfig,
                fmt::format("topic {} has cleanup.policy={}: records of one key replace each other "
                            "there",
                            plan.name, *value),
                fmt::format("kafka-configs --alter --entity-type topics --entity-name {} "
                            "--add-config cleanup.policy=delete",
                            plan.name));
}

void check_limit(const KafkaHandle& kafka, const TopicPlan& plan) {
    const auto value = setting_of(kafka, plan.name, "max.message.bytes");
    if (!value) return;
    std::uint64_t bytes = 0;
    std::from_chars(value->data(), value->data() + value->size(), bytes);
    if (bytes >= kMessageBytesMax) return;
    throw Fault(FaultKind::kConfig,
                fmt::format("topic {} takes messages of {} bytes, events may have up to {}",
                            plan.name, *value, kMessageBytesMax),
                fmt::format("kafka-configs --alter --entity-type topics --entity-name {} "
                            "--add-config max.message.bytes={}",
                            plan.name, kMessageBytesMax));
}

void check_partitions(const TopicPlan& plan, int partitions) {
    if (plan.rule == PartitionRule::kAtLeast && partitions > 0) return;
    if (static_cast<std::uint32_t>(partitions) == plan.partitions) return;
    throw Fault(FaultKind::kConfig,
                fmt::format("topic {} has {} partitions, the store has {} shards: one shard is one "
                            "partition, and neither number can change",
                            plan.name, partitions, plan.partitions),
                plan.is_of_log
                    ? "Name another topic for this store, or delete this one (the log makes its "
                      "events anew) and run skein migrate."
                    : "Name another topic for this store. What stands in this one would be lost "
                      "with it.");
}

// Of a topic that stands.
void check_topic(const KafkaHandle& kafka, const TopicPlan& plan, int partitions) {
    check_partitions(plan, partitions);
    check_cleanup(kafka, plan);
    check_limit(kafka, plan);
}

}  // namespace

std::vector<TopicPlan> topic_plans(const KafkaOptions& options, std::uint32_t shard_count) {
    const std::string limit = std::to_string(kMessageBytesMax);
    const auto plan = [&](const std::string& name, PartitionRule rule, std::string retention) {
        return TopicPlan{name,
                         shard_count,
                         {{"cleanup.policy", "delete"},
                          {"max.message.bytes", limit},
                          {"retention.ms", std::move(retention)}},
                         rule,
                         false};
    };
    constexpr const char* kWeek = "604800000";
    TopicPlan events =
        plan(options.topics.events, PartitionRule::kExact, options.events_retention_ms);
    events.is_of_log = true;
    return {std::move(events), plan(options.topics.commands, PartitionRule::kExact, kWeek),
            plan(options.topics.outcomes, PartitionRule::kAtLeast, kWeek),
            plan(options.topics.dead_letters, PartitionRule::kAtLeast, "-1")};
}

std::vector<TopicFound> find_topics(const KafkaOptions& options,
                                    const std::vector<TopicPlan>& plans) {
    const KafkaHandle kafka(options, KafkaHandle::Role::kAsker);
    std::vector<TopicFound> found;
    for (const TopicPlan& plan : plans) {
        const int partitions = kafka.partition_count(plan.name);
        const bool stands = partitions >= 0;
        if (stands) check_topic(kafka, plan, partitions);
        found.push_back({plan.name, stands ? TopicState::kStood : TopicState::kMissing});
    }
    return found;
}

std::vector<TopicFound> make_topics(const KafkaOptions& options,
                                    const std::vector<TopicPlan>& plans) {
    const KafkaHandle kafka(options, KafkaHandle::Role::kAsker);
    std::vector<TopicFound> found;
    for (const TopicPlan& plan : plans) {
        const bool is_missing = kafka.partition_count(plan.name) < 0;
        const bool is_made = is_missing && make_topic(kafka, plan);
        if (is_missing) wait_until_known(kafka, plan.name);
        found.push_back({plan.name, is_made ? TopicState::kMade : TopicState::kStood});
    }
    return found;
}

void check_topics(const KafkaOptions& options, const std::vector<TopicPlan>& plans) {
    const KafkaHandle kafka(options, KafkaHandle::Role::kAsker);
    for (const TopicPlan& plan : plans) {
        const int partitions = kafka.partition_count(plan.name);
        if (partitions < 0)
            throw Fault(FaultKind::kConfig, fmt::format("there is no topic {}", plan.name),
                        "skein migrate");
        check_topic(kafka, plan, partitions);
    }
}

}  // namespace skein::bus
