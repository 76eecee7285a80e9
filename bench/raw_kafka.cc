#include "bench/raw_kafka.h"

#include <librdkafka/rdkafka.h>

#include <array>

#include "engine/base/fault.h"

namespace skein::bench {

namespace {

constexpr std::array<std::pair<const char*, const char*>, 5> kSettings{{
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {"message.max.bytes", "8388608"},
    {"queue.buffering.max.messages", "1000000"},
    {"queue.buffering.max.kbytes", "1048576"},
}};
constexpr int kFlushMs = 120'000;

[[noreturn]] void fail(const std::string& what) { throw Fault(FaultKind::kUnavailable, what); }

void note_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* failed) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) ++*static_cast<std::size_t*>(failed);
}

rd_kafka_headers_t* headers_of(const RawRecord& record) {
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(record.headers.size());
    for (const auto& [name, value] : record.headers)
        rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                            static_cast<ssize_t>(value.size()));
    return headers;
}

}  // namespace

struct RawProducer::Client {
    std::size_t failed = 0;
    rd_kafka_t* handle = nullptr;
    rd_kafka_topic_t* topic = nullptr;
};

RawProducer::RawProducer(const std::string& brokers, const std::string& topic)
    : client_(std::make_unique<Client>()) {
    std::array<char, 512> text{};
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    for (const auto& [name, value] : kSettings)
        rd_kafka_conf_set(conf, name, value, text.data(), text.size());
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), text.data(), text.size());
    rd_kafka_conf_set_opaque(conf, &client_->failed);
    rd_kafka_conf_set_dr_msg_cb(conf, note_delivery);
    client_->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size());
    if (client_->handle == nullptr) fail(text.data());
    client_->topic = rd_kafka_topic_new(client_->handle, topic.c_str(), nullptr);
}

RawProducer::~RawProducer() {
    rd_kafka_topic_destroy(client_->topic);
    rd_kafka_destroy(client_->handle);
}

void RawProducer::send(const std::vector<RawRecord>& records) {
    for (const RawRecord& record : records) {
        while (true) {
            rd_kafka_headers_t* const headers = headers_of(record);
            const auto error = rd_kafka_producev(
                client_->handle, RD_KAFKA_V_RKT(client_->topic),
                RD_KAFKA_V_PARTITION(record.partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
                RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
                RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
            if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
            rd_kafka_headers_destroy(headers);
            if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail(rd_kafka_err2str(error));
            rd_kafka_poll(client_->handle, 10);
        }
        rd_kafka_poll(client_->handle, 0);
    }
    if (rd_kafka_flush(client_->handle, kFlushMs) != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail("the broker did not acknowledge everything");
    if (client_->failed > 0) fail("records were not delivered");
}

}  // namespace skein::bench
