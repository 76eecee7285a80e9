#include "tests/bus/kafka_hand.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <sstream>
#include <thread>

namespace skein::bus::test {

namespace {

constexpr int kTimeoutMs = 20'000;

class Client {
 public:
    explicit Client(const std::string& brokers) {
        rd_kafka_conf_t* const conf = rd_kafka_conf_new();
        std::array<char, 256> text{};
        rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), text.data(), text.size());
        client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size());
        REQUIRE(client_ != nullptr);
        queue_ = rd_kafka_queue_new(client_);
    }
    ~Client() {
        rd_kafka_queue_destroy(queue_);
        rd_kafka_destroy(client_);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    rd_kafka_t* get() const { return client_; }
    rd_kafka_queue_t* queue() const { return queue_; }
    // The error of the only topic that was asked for.
    rd_kafka_resp_err_t answer(
        const std::function<const rd_kafka_topic_result_t**(rd_kafka_event_t*, std::size_t*)>&
            results) const {
        const std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)> event(
            rd_kafka_queue_poll(queue_, kTimeoutMs), &rd_kafka_event_destroy);
        REQUIRE(event);
        REQUIRE(rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR_NO_ERROR);
        std::size_t count = 0;
        const rd_kafka_topic_result_t** const all = results(event.get(), &count);
        REQUIRE(count == 1);
        return rd_kafka_topic_result_error(all[0]);
    }

 private:
    rd_kafka_t* client_ = nullptr;
    rd_kafka_queue_t* queue_ = nullptr;
};

}  // namespace

void make_topic(const std::string& brokers, const std::string& topic, int partitions,
                const std::string& settings) {
    const Client client(brokers);
    std::array<char, 256> text{};
    rd_kafka_NewTopic_t* wanted =
        rd_kafka_NewTopic_new(topic.c_str(), partitions, 1, text.data(), text.size());
    std::istringstream words(settings);
    for (std::string word; words >> word;) {
        const std::size_t sign = word.find('=');
        rd_kafka_NewTopic_set_config(wanted, word.substr(0, sign).c_str(),
                                     word.substr(sign + 1).c_str());
    }
    rd_kafka_CreateTopics(client.get(), &wanted, 1, nullptr, client.queue());
    const auto error = client.answer([](rd_kafka_event_t* event, std::size_t* count) {
        return rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event),
                                                   count);
    });
    rd_kafka_NewTopic_destroy(wanted);
    REQUIRE(error == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void delete_topic(const std::string& brokers, const std::string& topic) {
    const Client client(brokers);
    rd_kafka_DeleteTopic_t* wanted = rd_kafka_DeleteTopic_new(topic.c_str());
    rd_kafka_DeleteTopics(client.get(), &wanted, 1, nullptr, client.queue());
    const auto error = client.answer([](rd_kafka_event_t* event, std::size_t* count) {
        return rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event),
                                                   count);
    });
    rd_kafka_DeleteTopic_destroy(wanted);
    REQUIRE(error == RD_KAFKA_RESP_ERR_NO_ERROR);
}

}  // namespace skein::bus::test
