// Kafka in the field: topics made and checked, properties passed on or refused, TLS, passwords,
// rights. What is wrong is named, with what to do.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/bus/kafka_hand.h"
#include "tests/bus/running_relay.h"
#include "tests/contract/temp_directory.h"
#include "tests/servers/kafka_broker.h"

namespace skein::bus::test {

using skein::test::KafkaBroker;
using skein::test::TempDirectory;

namespace {

constexpr std::uint32_t kShards = 4;

struct Told {
    std::optional<FaultKind> kind;
    std::string what;
    std::string remedy;
};

template <class Action>
Told told_by(const Action& action) {
    try {
        action();
        return {};
    } catch (const Fault& fault) {
        return {fault.kind(), fault.what(), fault.remedy()};
    }
}

KafkaOptions named(const std::string& brokers, const std::string& name) {
    KafkaOptions options = options_at(brokers, name + ".events");
    options.topics.commands = name + ".commands";
    options.topics.outcomes = name + ".outcomes";
    options.topics.dead_letters = name + ".dlq";
    return options;
}

// A certificate for 127.0.0.1 that vouches for itself, and key and certificate in one file.
void make_certificate(const std::string& directory) {
    const std::string command = fmt::format(
        "cd {} && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out ca.pem -days 2 "
        "-subj /CN=broker -addext subjectAltName=IP:127.0.0.1 2>openssl.log && "
        "cat key.pem ca.pem >both.pem",
        directory);
    REQUIRE(std::system(command.c_str()) == 0);
}

// A second listener by TLS and password; `skein` may do anything, `guest` nothing.
std::vector<std::string> guarded(const std::string& directory) {
    return {
        "listeners=PLAINTEXT://127.0.0.1:{client},SASL_SSL://127.0.0.1:{other},"
        "CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners=PLAINTEXT://127.0.0.1:{client},SASL_SSL://127.0.0.1:{other}",
        "listener.security.protocol.map="
        "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
        "sasl.enabled.mechanisms=PLAIN",
        "listener.name.sasl_ssl.plain.sasl.jaas.config="
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        "user_skein=\"secret\" user_guest=\"guest\";",
        "ssl.keystore.type=PEM",
        "ssl.keystore.location=" + directory + "/both.pem",
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users=User:ANONYMOUS;User:skein"};
}

}  // namespace

TEST_CASE("topics: what is missing is made, as large as events may be", "[kafka]") {
    const KafkaOptions options = named(KafkaBroker::shared().address(), "made");
    const auto plans = topic_plans(options, kShards);
    REQUIRE(plans.size() == 4);
    const Told missing = told_by([&] { check_topics(options, plans); });
    CHECK(missing.kind == FaultKind::kConfig);
    CHECK(missing.what == "there is no topic made.events");
    CHECK(missing.remedy == "skein migrate");
    for (const TopicFound& found : find_topics(options, plans))
        CHECK(found.state == TopicState::kMissing);
    for (const TopicFound& made : make_topics(options, plans))
        CHECK(made.state == TopicState::kMade);
    CHECK(comes_true([&] { return !told_by([&] { check_topics(options, plans); }).kind; }));
    for (const TopicFound& made : make_topics(options, plans))
        CHECK(made.state == TopicState::kStood);
    for (const TopicFound& found : find_topics(options, plans))
        CHECK(found.state == TopicState::kStood);
}

TEST_CASE("topics: a wrong number of partitions and a small limit are named at start", "[kafka]") {
    const std::string brokers = KafkaBroker::shared().address();
    make_topic(brokers, "few", 3, "max.message.bytes=8388608");
    make_topic(brokers, "small", kShards, "max.message.bytes=1048588");
    make_topic(brokers, "compacted", kShards, "cleanup.policy=compact");
    const auto check = [&](const std::string& topic) {
        const KafkaOptions options = options_at(brokers, topic);
        Told told;
        CHECK(comes_true([&] {
            told =
                told_by([&] { events_topic(options, kShards, WhenMissing::kRefuse)->prepare(); });
            return told.what != "there is no topic " + topic;
        }));
        return told;
    };
    const Told few = check("few");
    CHECK(few.kind == FaultKind::kConfig);
    CHECK_THAT(few.what, Catch::Contains("topic few has 3 partitions, the store has 4 shards"));
    CHECK_THAT(few.remedy, Catch::Contains("skein migrate"));
    const Told small = check("small");
    CHECK(small.kind == FaultKind::kConfig);
    CHECK_THAT(small.what, Catch::Contains("topic small takes messages of 1048588 bytes"));
    CHECK_THAT(small.remedy, Catch::Contains("max.message.bytes=8388608"));
    const Told compacted = check("compacted");
    CHECK(compacted.kind == FaultKind::kConfig);
    CHECK_THAT(compacted.what, Catch::Contains("cleanup.policy=compact"));
    CHECK_THAT(compacted.remedy, Catch::Contains("cleanup.policy=delete"));
}

TEST_CASE("properties: any is passed on, but for those that promises rest on", "[kafka]") {
    const std::string brokers = KafkaBroker::shared().address();
    const auto told = [&](const std::string& property) {
        KafkaOptions options = options_at(brokers, "made.events");
        options.properties.push_back(parse_property(property));
        return told_by([&] { find_topics(options, topic_plans(options, kShards)); });
    };
    CHECK_FALSE(told("client.id=mine").kind);
    CHECK_FALSE(told("socket.keepalive.enable=true").kind);
    for (const char* const fixed :
         {"acks=1", "enable.idempotence=false", "message.timeout.ms=5", "auto.offset.reset=latest",
          "group.id=g", "delivery.report.only.error=true"}) {
        INFO(fixed);
        const std::string name(fixed, std::string(fixed).find('='));
        CHECK(told(fixed).kind == FaultKind::kConfig);
        CHECK_THAT(told(fixed).what, Catch::Contains("cannot be set"));
        CHECK_THAT(told(fixed).remedy, Catch::Contains(name));
    }
    CHECK_THAT(told("message.max.bytes=1000000").what, Catch::Contains("up to 8388608"));
    CHECK_FALSE(told("message.max.bytes=10000000").kind);
    CHECK(told("sasl.pasword=secret").kind == FaultKind::kConfig);
    CHECK_THAT(told("sasl.pasword=secret").what,
               Catch::Contains("sasl.pasword") && !Catch::Contains("secret"));
    CHECK(told("linger.ms=soon").kind == FaultKind::kConfig);
    CHECK(told_by([] { parse_property("acks"); }).kind == FaultKind::kConfig);
}

TEST_CASE("broker: one that is not there is told as unavailable", "[kafka]") {
    KafkaOptions options = options_at("127.0.0.1:1", "away");
    options.timeout = std::chrono::milliseconds(300);
    const Told told = told_by([&] { find_topics(options, topic_plans(options, kShards)); });
    CHECK(told.kind == FaultKind::kUnavailable);
    CHECK_THAT(told.what, Catch::Contains("127.0.0.1:1"));
    CHECK_FALSE(told.remedy.empty());
    CHECK(told_by([] { check_properties({}); }).kind == FaultKind::kConfig);
}

TEST_CASE("broker: TLS, passwords and rights, and what is wrong with them [V-165]", "[kafka]") {
    const TempDirectory directory;
    make_certificate(directory.path());
    const KafkaBroker broker(guarded(directory.path()));
    KafkaOptions options = options_at(broker.other_address(), "guarded");
    options.properties = {{"security.protocol", "SASL_SSL"},
                          {"ssl.ca.location", directory.path() + "/ca.pem"},
                          {"sasl.mechanism", "PLAIN"},
                          {"sasl.username", "skein"},
                          {"sasl.password", "secret"}};
    const auto change = [&](std::size_t property, const std::string& value) {
        KafkaOptions changed = options;
        changed.properties[property].second = value;
        return changed;
    };
    {
        RunningRelay running(options, kShards);
        running.fill(20);
        running.check_all_arrives();
    }
    const auto told = [](const KafkaOptions& changed) {
        return told_by([&] { events_topic(changed, kShards, WhenMissing::kRefuse)->prepare(); });
    };
    const Told wrong_password = told(change(4, "wrong"));
    CHECK(wrong_password.kind == FaultKind::kConfig);
    CHECK_THAT(wrong_password.remedy, Catch::Contains("sasl.password"));
    CHECK_THAT(wrong_password.what, !Catch::Contains("wrong"));
    const Told stranger = told(change(1, "/etc/ssl/certs/ca-certificates.crt"));
    CHECK(stranger.kind == FaultKind::kConfig);
    CHECK_THAT(stranger.remedy, Catch::Contains("ssl.ca.location"));
    KafkaOptions guest = change(3, "guest");
    guest.properties[4].second = "guest";
    const Told no_rights = told(guest);
    CHECK(no_rights.kind == FaultKind::kConfig);
    CHECK_THAT(no_rights.what, Catch::Contains("guarded"));
    CHECK_THAT(no_rights.remedy, Catch::Contains("kafka-acls"));
}

}  // namespace skein::bus::test
