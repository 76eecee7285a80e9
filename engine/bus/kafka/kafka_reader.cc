#include "engine/bus/kafka/kafka_reader.h"

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include "engine/base/planted_bug.h"

namespace skein::bus {

namespace {

// Of one poll, so that its caller gets to its other work.
constexpr int kRecordsMax = 10'000;
constexpr std::size_t kBytesMax = 16U << 20;
// Between two nudges: a part of what the client's queue holds.
constexpr std::size_t kNudgeBytes = 4U << 20;

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
    stored.timestamp_ms = rd_kafka_message_timestamp(&message, nullptr);
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

KafkaReader::KafkaReader(const KafkaOptions& options, std::string topic,
                         EventTopic::Reading reading)
    : kafka_(std::make_shared<KafkaHandle>(options, reading == EventTopic::Reading::kEnd
                                                        ? KafkaHandle::Role::kFollower
                                                        : KafkaHandle::Role::kAsker)),
      name_(std::move(topic)) {}

void KafkaReader::assign(const std::vector<Start>& starts) {
    followed_.clear();
    for (const Start& start : starts) followed_.push_back({start.shard, start.offset});
    std::vector<Start> asked = starts;
    if (is_planted(PlantedBug::kReadFromEnd))
        for (Start& start : asked) start.offset = RD_KAFKA_OFFSET_END;
    kafka_->assign(name_, asked);
}

KafkaReader::Followed* KafkaReader::followed_of(const rd_kafka_message_t& message) {
    const auto place = std::find_if(followed_.begin(), followed_.end(), [&](const Followed& one) {
        return one.shard.value() == static_cast<std::uint64_t>(message.partition);
    });
    return place == followed_.end() ? nullptr : &*place;
}

// librdkafka 2.0.2 stops asking for more where its queue is full, and notices that there is room
// again when something else wakes the thread of the broker, or after a second. A question to that
// broker wakes it; its answer is of no use, and not waited for, since a broker that has stopped
// gives none. The thread keeps the client alive.
void KafkaReader::nudge() {
    given_bytes_ = 0;
    std::vector<std::int32_t> partitions;
    for (Followed& one : followed_) {
        if (std::exchange(one.has_given, false))
            partitions.push_back(static_cast<std::int32_t>(one.shard.value()));
    }
    if (is_nudging_->exchange(true)) return;
    try {
        std::thread([kafka = kafka_, is_nudging = is_nudging_, name = name_, partitions] {
            Offset begin = 0;
            Offset end = 0;
            for (const std::int32_t partition : partitions)
                rd_kafka_query_watermark_offsets(kafka->get(), name.c_str(), partition, &begin,
                                                 &end, kafka->timeout_ms());
            is_nudging->store(false);
        }).detach();
    } catch (const std::system_error&) {
        is_nudging_->store(false);  // no thread to be had: the second passes
    }
}

std::vector<Shard> KafkaReader::poll(std::chrono::milliseconds timeout,
                                     const std::function<void(const StoredRecord&)>& visit) {
    std::vector<Shard> lost;
    auto wait = static_cast<int>(timeout.count());
    rd_kafka_poll(kafka_->get(), 0);  // what the client says of its connections
    std::size_t bytes = 0;
    for (int i = 0; i < kRecordsMax && bytes < kBytesMax; ++i) {
        const RdKafkaMessage message(rd_kafka_consumer_poll(kafka_->get(), wait));
        if (!message) break;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF || is_of_groups(message->err))
            continue;
        wait = 0;
        Followed* const from = followed_of(*message);
        if (from == nullptr) continue;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            if (message->offset < from->next) continue;
            from->next = message->offset + 1;
            from->has_given = true;
            bytes += message->len;
            visit(record_of(*message));
        } else if (is_lost_offset(message->err) ||
                   message->err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
                   message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                   message->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
            lost.push_back(from->shard);
        } else {
            throw kafka_->fault_of(message->err, "following topic " + name_);
        }
    }
    given_bytes_ += bytes;
    if (given_bytes_ >= kNudgeBytes) nudge();
    return lost;
}

}  // namespace skein::bus
