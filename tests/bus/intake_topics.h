// The topics of one intake test: made, written to as a producer would, and read whole.
//
// Threads: one. Errors: Fault; checks of Catch2.
#pragma once

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "engine/bus/kafka/kafka_topic.h"
#include "engine/intake/command_record.h"
#include "engine/json/parse.h"

namespace skein::bus::test {

// Topics that no other test has.
inline KafkaOptions command_topics_at(const std::string& brokers, const std::string& prefix) {
    KafkaOptions options;
    options.brokers = brokers;
    options.topics.events = prefix + ".events";
    options.topics.commands = prefix + ".commands";
    options.topics.outcomes = prefix + ".outcomes";
    options.topics.dead_letters = prefix + ".dlq";
    options.timeout = std::chrono::seconds(5);
    return options;
}

// Sends to partitions of its choice; returns when it is delivered, with the offset.
class CommandWriter {
 public:
    CommandWriter(const KafkaOptions& options, std::uint32_t shards)
        : topic_(commands_topic(options, shards, WhenMissing::kRefuse)),
          publisher_(topic_->open_publisher()) {}

    Offset put(Shard partition, const intake::Parcel& parcel) {
        REQUIRE(publisher_->offer(partition, Position(1), parcel.record()) ==
                Publisher::Offer::kTaken);
        return delivered();
    }
    Offset put(Shard partition, const std::string& value) {
        intake::Parcel parcel;
        parcel.key = "k";
        parcel.value = value;
        return put(partition, parcel);
    }

 private:
    Offset delivered() {
        std::optional<Offset> offset;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!offset && std::chrono::steady_clock::now() < end)
            publisher_->poll(std::chrono::milliseconds(100),
                             [&](const Delivery& delivery) { offset = delivery.offset; });
        REQUIRE(offset);
        return *offset;
    }

    std::unique_ptr<KafkaTopic> topic_;
    std::unique_ptr<Publisher> publisher_;
};

inline std::string source_of(const intake::Parcel& parcel) {
    return fmt::format("{}/{}/{}", parcel.header(intake::kSourceTopic).value_or("?"),
                       parcel.header(intake::kSourcePartition).value_or("?"),
                       parcel.header(intake::kSourceOffset).value_or("?"));
}

inline std::vector<intake::Parcel> all_of(KafkaTopic& topic) {
    std::vector<intake::Parcel> all;
    for (std::uint32_t p = 0; p < topic.partition_count(); ++p) {
        const auto extent = topic.extent(Shard(p));
        topic.read(Shard(p), extent.begin, extent.end, [&](const StoredRecord& stored) {
            all.push_back(intake::copy_of(stored.record));
            all.back().partition = Shard(p);
            return true;
        });
    }
    return all;
}

// By source: "accepted", "duplicate" or the code of a rejection, for each time it was told.
inline std::map<std::string, std::vector<std::string>> results_of(KafkaTopic& outcomes) {
    std::map<std::string, std::vector<std::string>> results;
    for (const intake::Parcel& parcel : all_of(outcomes)) {
        const auto document = json::parse(*parcel.value);
        REQUIRE(document);
        CHECK(document->find("command_id")->as_string() == parcel.key);
        const bool is_rejected = document->find("outcome")->as_string() == "rejected";
        results[source_of(parcel)].push_back(is_rejected ? *document->find("code")->as_string()
                                             : *document->find("duplicate")->as_boolean()
                                                 ? "duplicate"
                                                 : "accepted");
    }
    return results;
}

}  // namespace skein::bus::test
