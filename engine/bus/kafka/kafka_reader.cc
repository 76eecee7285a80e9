#include "engine/bus/kafka/kafka_reader.h"

#include <algorithm>

#include "engine/base/planted_bug.h"

namespace skein::bus {

namespace {

// Of one poll, so that its caller gets to its other work.
constexpr int kRecordsMax = 10'000;
constexpr std::size_t kBytesMax = 16U << 20;

std::string_view bytes_of(const void* data, std::size_t size) {
    return data == nullptr ? std::string_view()
                           : std::string_view(static_cast<const char*>(data), size);
}

}  // namespace

StoredRecord record_of(const rd_kafka_message_t& message) {
    StoredRecord stored;
    stored.shard = Shard(static_cast<std::uint64_t>(message.partition));
    stored.offset = message.offset;
    stored.record.key = bytes_of(message.key, message.key_len);
    stored.record.value = bytes_of(message.payload, message.len);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return stored;
    stored.record.headers.reserve(rd_kafka_header_cnt(headers));
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
        stored.record.headers.push_back({name, bytes_of(value, size)});
    }
    return stored;
}

bool is_of_groups(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
           error == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
           error == RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
}

bool is_lost_offset(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
           error == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
}

KafkaReader::KafkaReader(const KafkaOptions& options, std::string topic)
    : kafka_(options, KafkaHandle::Role::kFollower), name_(std::move(topic)) {}

void KafkaReader::assign(const std::vector<Start>& starts) {
    starts_ = starts;
    std::vector<Start> asked = starts;
    if (is_planted(PlantedBug::kReadFromEnd))
        for (Start& start : asked) start.offset = RD_KAFKA_OFFSET_END;
    kafka_.assign(name_, asked);
}

EventReader::Start* KafkaReader::start_of(const rd_kafka_message_t& message) {
    const auto place = std::find_if(starts_.begin(), starts_.end(), [&](const Start& start) {
        return start.shard.value() == static_cast<std::uint64_t>(message.partition);
    });
    return place == starts_.end() ? nullptr : &*place;
}

std::vector<Shard> KafkaReader::poll(std::chrono::milliseconds timeout,
                                     const std::function<void(const StoredRecord&)>& visit) {
    std::vector<Shard> lost;
    auto wait = static_cast<int>(timeout.count());
    rd_kafka_poll(kafka_.get(), 0);  // what the client says of its connections
    std::size_t bytes = 0;
    for (int i = 0; i < kRecordsMax && bytes < kBytesMax; ++i) {
        const RdKafkaMessage message(rd_kafka_consumer_poll(kafka_.get(), wait));
        if (!message) break;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || is_of_groups(message->err))
            continue;
        wait = 0;
        Start* const start = start_of(*message);
        if (start == nullptr) continue;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            if (message->offset < start->offset) continue;
            start->offset = message->offset + 1;
            bytes += message->len;
            visit(record_of(*message));
        } else if (is_lost_offset(message->err) ||
                   message->err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
                   message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                   message->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
            lost.push_back(start->shard);
        } else {
            throw kafka_.fault_of(message->err, "following topic " + name_);
        }
    }
    return lost;
}

}  // namespace skein::bus
