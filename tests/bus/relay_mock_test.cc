// The relay on a cluster of librdkafka's own that answers as it is told: errors that real brokers
// give rarely, and those that a producer does not survive.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <catch2/catch.hpp>

#include "tests/bus/running_relay.h"

namespace skein::bus::test {

namespace {

constexpr std::int16_t kProduce = 0;  // Kafka's number of the request
constexpr std::uint32_t kShards = 2;
constexpr const char* kTopic = "mock";

class MockCluster {
 public:
    MockCluster() {
        std::array<char, 256> text{};
        client_ = rd_kafka_new(RD_KAFKA_PRODUCER, nullptr, text.data(), text.size());
        cluster_ = rd_kafka_mock_cluster_new(client_, 1);
        rd_kafka_mock_topic_create(cluster_, kTopic, kShards, 1);
    }
    ~MockCluster() {
        rd_kafka_mock_cluster_destroy(cluster_);
        rd_kafka_destroy(client_);
    }
    MockCluster(const MockCluster&) = delete;
    MockCluster& operator=(const MockCluster&) = delete;

    std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
    // The next two requests to store something are answered so.
    void answer_produce(rd_kafka_resp_err_t error) {
        rd_kafka_mock_push_request_errors(cluster_, kProduce, 2, error, error);
    }

 private:
    rd_kafka_t* client_ = nullptr;
    rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

// The mock cluster has no settings of topics to be asked for.
class MockTopic final : public EventTopic {
 public:
    explicit MockTopic(const std::string& brokers)
        : topic_(events_topic(options_at(brokers, kTopic), kShards, WhenMissing::kRefuse)) {}
    void prepare() override {}
    std::unique_ptr<Publisher> open_publisher() override { return topic_->open_publisher(); }
    std::unique_ptr<EventReader> open_reader(Reading reading) override {
        return topic_->open_reader(reading);
    }
    Extent extent(Shard shard) override { return topic_->extent(shard); }
    void read(Shard shard, Offset from, Offset until,
              const std::function<bool(const StoredRecord&)>& visit) override {
        topic_->read(shard, from, until, visit);
    }

 private:
    std::unique_ptr<KafkaTopic> topic_;
};

}  // namespace

TEST_CASE("relay: a producer's fatal error begins another session [V-113]", "[kafka]") {
    struct Row {
        rd_kafka_resp_err_t error;
        bool ends_session;  // always; where it is false, the client may get over it by itself
    };
    const Row row = GENERATE(Row{RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, true},
                             Row{RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, true},
                             Row{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, true},
                             Row{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, true},
                             Row{RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, false});
    INFO(rd_kafka_err2name(row.error));
    MockCluster cluster;
    log::MemoryLog log(memory_store(kShards));
    EventWriter writer(log);
    MockTopic topic(cluster.brokers());
    MockTopic reading(cluster.brokers());
    Relay relay(log, log.info().store_id, topic, watchful());
    relay.start();
    const auto arrives = [&] { return comes_true([&] { return lack_of(reading, log).empty(); }); };
    writer.append(Shard(0), 20);
    REQUIRE(arrives());
    cluster.answer_produce(row.error);
    for (int i = 0; i < 10; ++i) writer.append(Shard(i % 2), 5);
    REQUIRE(arrives());
    relay.stop();
    const RelayStatus status = relay.status();
    INFO("last problem: " << status.last_problem);
    if (row.ends_session) CHECK(status.failures > 0);
    CHECK(status.last_problem.empty() == (status.failures == 0));
    CHECK(status.sessions == 1 + status.failures);
}

}  // namespace skein::bus::test
