#include "engine/bus/kafka/kafka_handle.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <future>
#include <thread>

namespace skein::bus {

namespace {

// Clients that end at all do so within milliseconds.
constexpr std::chrono::seconds kEndMax{2};

using Setting = std::pair<const char*, const char*>;

constexpr std::array kOfBoth = {
    // A broker that is back is noticed within a second.
    Setting{"reconnect.backoff.ms", "50"},
    Setting{"reconnect.backoff.max.ms", "1000"},
    Setting{"socket.nagle.disable", "true"},
    // A topic that was deleted is told of after this; a new one may take as long to be known.
    Setting{"topic.metadata.propagation.max.ms", "5000"},
    Setting{"message.max.bytes", "8388608"},
    Setting{"log.connection.close", "false"},
};
constexpr std::array kOfProducers = {
    Setting{"enable.idempotence", "true"},
    Setting{"acks", "all"},
    Setting{"message.timeout.ms", "0"},
    Setting{"linger.ms", "0"},
    // Of records without a partition: as Java's clients choose.
    Setting{"partitioner", "murmur2_random"},
    // The relay's own limits are tighter: these only must not be in their way.
    Setting{"queue.buffering.max.messages", "1000000"},
    Setting{"queue.buffering.max.kbytes", "1048576"},
};
constexpr std::array kOfConsumers = {
    // The client wants a name to assign partitions. Nothing is joined, nothing committed.
    Setting{"group.id", "skein"},
    Setting{"enable.auto.commit", "false"},
    Setting{"enable.auto.offset.store", "false"},
    Setting{"auto.offset.reset", "error"},
    Setting{"check.crcs", "true"},
    Setting{"enable.partition.eof", "true"},
    Setting{"fetch.error.backoff.ms", "50"},
    Setting{"queued.max.messages.kbytes", "16384"},
};
// How long the broker keeps a fetch that finds nothing. Another partition is not fetched from until
// the answer is there: who reads one after another has it come at once.
constexpr Setting kFollowersWait{"fetch.wait.max.ms", "100"};
constexpr Setting kAskersWait{"fetch.wait.max.ms", "1"};

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
    std::array<char, 512> text{};
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) ==
        RD_KAFKA_CONF_OK) {
        return;
    }
    rd_kafka_conf_destroy(conf);
    throw Fault(FaultKind::kConfig,
                fmt::format("Kafka's client does not take the property {}: {}", name, text.data()),
                "Correct the property, or remove it.");
}

template <class Settings>
void set_all(rd_kafka_conf_t* conf, const Settings& settings) {
    for (const auto& [name, value] : settings) set(conf, name, value);
}

bool is_denied(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
           error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
}

bool is_identity(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR__AUTHENTICATION || error == RD_KAFKA_RESP_ERR__SSL ||
           error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
}

}  // namespace

KafkaHandle::KafkaHandle(const KafkaOptions& options, Role role)
    : options_(options), said_(std::make_shared<Said>()) {
    check_properties(options_);
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, said_.get());
    rd_kafka_conf_set_error_cb(conf, &KafkaHandle::hear);
    rd_kafka_conf_set_log_cb(conf, &KafkaHandle::hear_log);
    set(conf, "bootstrap.servers", options_.brokers);
    set(conf, "client.id", "skein");
    set_all(conf, kOfBoth);
    if (role == Role::kProducer) {
        set_all(conf, kOfProducers);
    } else {
        set_all(conf, kOfConsumers);
        const auto& [name, value] = role == Role::kAsker ? kAskersWait : kFollowersWait;
        set(conf, name, value);
        // An asker's caller waits for the answer; one who follows does not notice.
        if (role == Role::kAsker) set(conf, "socket.timeout.ms", std::to_string(timeout_ms()));
    }
    for (const auto& [name, value] : options_.properties) set(conf, name, value);
    if (role == Role::kProducer) rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
    std::array<char, 512> text{};
    client_ = rd_kafka_new(role == Role::kProducer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf,
                           text.data(), text.size());
    if (client_ != nullptr) return;
    rd_kafka_conf_destroy(conf);
    throw Fault(FaultKind::kConfig, fmt::format("no client of Kafka can be made: {}", text.data()),
                "Correct the Kafka properties of the configuration.");
}

// librdkafka 2.0.2 loses count of its references where offsets were asked for while a topic was
// deleted or a broker went away (its issues 3007 and 4131); ending such a client then waits for
// ever. So the wait is bounded: a client that does not end is left behind, and with it its threads,
// which wait for work that never comes. This happens once for a topic's life at most.
KafkaHandle::~KafkaHandle() {
    const auto ended = std::make_shared<std::promise<void>>();
    std::thread([client = client_, said = said_, ended] {
        // There is no group to leave.
        rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        ended->set_value();
    }).detach();
    ended->get_future().wait_for(kEndMax);
}

void KafkaHandle::hear(rd_kafka_t* /*client*/, int code, const char* text, void* said) {
    auto& heard = *static_cast<Said*>(said);
    const std::lock_guard<std::mutex> lock(heard.mutex);
    const auto error = static_cast<rd_kafka_resp_err_t>(code);
    // "All brokers are down" follows the reason and says less.
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !heard.text.empty()) return;
    // Who is refused is cut off next, and cut off again at each try.
    if (is_identity(heard.code) && !is_identity(error)) return;
    heard.code = error;
    heard.text = text;
}

// Said only to who asked for it by the property `debug`.
void KafkaHandle::hear_log(const rd_kafka_t* /*client*/, int level, const char* facility,
                           const char* text) {
    constexpr int kDebug = 7;
    if (level == kDebug) fmt::print(stderr, "kafka: {}: {}\n", facility, text);
}

RdKafkaTopic KafkaHandle::topic(const std::string& name) const {
    RdKafkaTopic topic(rd_kafka_topic_new(client_, name.c_str(), nullptr));
    if (topic) return topic;
    throw fault_of(rd_kafka_last_error(), "opening topic " + name);
}

int KafkaHandle::partition_count(const std::string& name) const {
    const RdKafkaTopic asked = topic(name);
    const rd_kafka_metadata_t* found = nullptr;
    const std::string doing = "asking for topic " + name;
    const rd_kafka_resp_err_t error =
        rd_kafka_metadata(client_, 0, asked.get(), &found, timeout_ms());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw fault_of(error, doing);
    const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> kept(
        found, &rd_kafka_metadata_destroy);
    if (found->topic_cnt != 1) throw fault_of(RD_KAFKA_RESP_ERR__BAD_MSG, doing);
    const rd_kafka_metadata_topic_t& topic_found = found->topics[0];
    if (topic_found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return -1;
    if (topic_found.err != RD_KAFKA_RESP_ERR_NO_ERROR) throw fault_of(topic_found.err, doing);
    return topic_found.partition_cnt;
}

void KafkaHandle::assign(const std::string& topic,
                         const std::vector<EventReader::Start>& starts) const {
    const std::unique_ptr<rd_kafka_topic_partition_list_t,
                          decltype(&rd_kafka_topic_partition_list_destroy)>
        list(rd_kafka_topic_partition_list_new(static_cast<int>(starts.size())),
             &rd_kafka_topic_partition_list_destroy);
    for (const EventReader::Start& start : starts) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(),
                                          static_cast<std::int32_t>(start.shard.value()))
            ->offset = start.offset;
    }
    const rd_kafka_resp_err_t error = rd_kafka_assign(client_, list.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw fault_of(error, "assigning " + topic);
    // librdkafka 2.0.2 ends the process where a partition is taken off, put on and taken off again
    // before its first stop was noted: the second one finds it stopped (rdkafka_assignment.c:872).
    // Stops are done by one thread in the order of a queue: the first question stands there behind
    // all of them, the second one behind what tells that they are done.
    constexpr int kTurnsOfStop = 2;
    for (int i = 0; i < kTurnsOfStop; ++i) {
        rd_kafka_topic_partition_list_t* assigned = nullptr;
        if (rd_kafka_assignment(client_, &assigned) == RD_KAFKA_RESP_ERR_NO_ERROR)
            rd_kafka_topic_partition_list_destroy(assigned);
    }
}

Fault KafkaHandle::fault_of(rd_kafka_resp_err_t error, const std::string& doing) const {
    // The client says why a connection failed to whoever polls it.
    rd_kafka_poll(client_, 0);
    const std::lock_guard<std::mutex> lock(said_->mutex);
    const bool is_refused = is_identity(error) || is_identity(said_->code);
    std::string text = rd_kafka_err2str(error);
    if (!said_->text.empty() && error != said_->code) text += ", " + said_->text;
    const std::string what =
        fmt::format("Kafka at {} failed {}: {}", options_.brokers, doing, text);
    if (is_denied(error)) {
        return Fault(FaultKind::kConfig, what,
                     "Allow this user to read, write, describe and create skein's topics "
                     "(kafka-acls --add --allow-principal User:NAME --operation All --topic skein. "
                     "--resource-pattern-type prefixed), or give the properties of one who may.");
    }
    if (is_refused) {
        return Fault(FaultKind::kConfig, what,
                     "Check the properties security.protocol, sasl.mechanism, sasl.username, "
                     "sasl.password and ssl.ca.location.");
    }
    return Fault(FaultKind::kUnavailable, what, "Check that the broker runs and can be reached.");
}

}  // namespace skein::bus
