#include "engine/bus/kafka/kafka_publisher.h"

#include <fmt/format.h>

#include <array>

namespace skein::bus {

namespace {

Delivery delivery_of(const rd_kafka_message_t& message) {
    Delivery delivery;
    delivery.shard = Shard(static_cast<std::uint64_t>(message.partition));
    delivery.position = Position(reinterpret_cast<std::uintptr_t>(message._private));
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        delivery.problem = rd_kafka_err2str(message.err);
    } else if (message.offset < 0 ||
               rd_kafka_message_status(&message) != RD_KAFKA_MSG_STATUS_PERSISTED) {
        // So the broker answers to what it has seen before: stored, and nobody knows where.
        delivery.problem = "the broker does not say where it stands";
    } else {
        delivery.offset = message.offset;
    }
    return delivery;
}

std::int32_t partition_of(Shard shard) {
    return shard == kByKey ? RD_KAFKA_PARTITION_UA : static_cast<std::int32_t>(shard.value());
}

rd_kafka_headers_t* headers_of(const Record& record) {
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(record.headers.size());
    for (const Header& header : record.headers) {
        rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()),
                            header.value.data(), static_cast<ssize_t>(header.value.size()));
    }
    return headers;
}

}  // namespace

KafkaPublisher::KafkaPublisher(const KafkaOptions& options, const std::string& topic)
    : kafka_(options, KafkaHandle::Role::kProducer),
      topic_(kafka_.topic(topic)),
      queue_(rd_kafka_queue_get_main(kafka_.get())) {
    // A producer that knows nothing of its topic waits for a second before it asks.
    if (kafka_.partition_count(topic) < 0) failure_ = fmt::format("there is no topic {}", topic);
}

KafkaPublisher::~KafkaPublisher() {
    rd_kafka_purge(kafka_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                     RD_KAFKA_PURGE_F_NON_BLOCKING);
    rd_kafka_queue_destroy(queue_);
}

Publisher::Offer KafkaPublisher::offer(Shard shard, Position position, const Record& record) {
    rd_kafka_headers_t* const headers = headers_of(record);
    const auto error = rd_kafka_producev(
        kafka_.get(), RD_KAFKA_V_RKT(topic_.get()), RD_KAFKA_V_PARTITION(partition_of(shard)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(position.value())),
        RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Offer::kTaken;
    rd_kafka_headers_destroy(headers);
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL && failure_.empty()) {
        failure_ = fmt::format("record {} of partition {} cannot be sent: {}", position.value(),
                               shard.value(), rd_kafka_err2str(error));
    }
    return Offer::kFull;
}

void KafkaPublisher::poll(std::chrono::milliseconds timeout,
                          const std::function<void(const Delivery&)>& visit) {
    auto wait = static_cast<int>(timeout.count());
    // All that has come, but waiting for the first only.
    while (rd_kafka_event_t* const event = rd_kafka_queue_poll(queue_, wait)) {
        wait = 0;
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
            while (const rd_kafka_message_t* const message = rd_kafka_event_message_next(event))
                visit(delivery_of(*message));
        }
        rd_kafka_event_destroy(event);
    }
}

std::string KafkaPublisher::failure() const {
    std::array<char, 512> text{};
    const auto fatal = rd_kafka_fatal_error(kafka_.get(), text.data(), text.size());
    if (fatal == RD_KAFKA_RESP_ERR_NO_ERROR) return failure_;
    return fmt::format("the producer cannot go on: {}: {}", rd_kafka_err2name(fatal), text.data());
}

}  // namespace skein::bus
