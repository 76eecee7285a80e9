// The command line on a cluster: topics made by `skein migrate`, dead letters listed and sent
// again, and what the environment says of Kafka.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "engine/base/fault.h"
#include "tests/bus/intake_store.h"
#include "tests/unit/cli/terminal.h"
#include "tests/waiting/comes_true.h"
#include "tools/cli/kafka_options.h"

namespace skein::bus::test {

using skein::test::comes_true;
using skein::test::KafkaBroker;
using skein::test::PostgresServer;
using skein::test::Terminal;
using skein::test::Typed;

namespace {

// One variable of the environment, for as long as this lives.
class Environment {
 public:
    Environment(const char* name, const std::string& value) : name_(name) {
        ::setenv(name, value.c_str(), 1);
    }
    ~Environment() { ::unsetenv(name_); }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

 private:
    const char* name_;
};

std::string text_of(const json::Value& item, const char* name) {
    return item.find(name)->as_string().value_or("null");
}

}  // namespace

TEST_CASE("migrate: with --kafka it makes the topics that are missing", "[kafka][cli]") {
    Terminal terminal;
    const std::string dsn = PostgresServer::shared().create_database();
    const std::string brokers = KafkaBroker::shared().address();
    const Environment events("SKEIN_KAFKA__EVENTS_TOPIC", "made.events");
    const Environment commands("SKEIN_KAFKA__COMMANDS_TOPIC", "made.commands");
    const Environment outcomes("SKEIN_KAFKA__OUTCOMES_TOPIC", "made.outcomes");
    const Environment letters("SKEIN_KAFKA__DEAD_LETTERS_TOPIC", "made.dlq");
    const std::vector<std::string> words = {"--pg",    dsn,        "--kafka", brokers,
                                            "migrate", "--shards", "3"};
    const auto topics_of = [](const json::Value& report) {
        std::string all;
        for (const json::Value& topic : report.find("topics")->elements())
            all += text_of(topic, "name") + ":" + text_of(topic, "state") + " ";
        return all;
    };
    CHECK(topics_of(terminal.json(words)) ==
          "made.events:made made.commands:made made.outcomes:made made.dlq:made ");
    CHECK(topics_of(terminal.json(words)) ==
          "made.events:stood made.commands:stood made.outcomes:stood made.dlq:stood ");
    // Partitions are shards.
    const std::string other = PostgresServer::shared().create_database();
    const Typed wrong =
        terminal.type({"--pg", other, "--kafka", brokers, "migrate", "--shards", "4"});
    CHECK(wrong.exit == 2);
    CHECK_THAT(wrong.err, Catch::Contains("made.events has 3 partitions, the store has 4 shards"));
}

TEST_CASE("parked: dead letters are listed and sent again, and what was sent can be told [V-165]",
          "[kafka][cli]") {
    Terminal terminal;
    const IntakeStore store("parked");
    const Environment commands("SKEIN_KAFKA__COMMANDS_TOPIC", "parked.commands");
    const Environment letters("SKEIN_KAFKA__DEAD_LETTERS_TOPIC", "parked.dlq");
    const std::string brokers = store.brokers();
    // A topic that was just made has no leader for a moment.
    std::string told = "Not leader";
    for (int tries = 0; tries < 600 && told.find("Not leader") != std::string::npos; ++tries)
        told = terminal.type({"--kafka", brokers, "parked", "letters"}).err;
    CHECK(told == "no dead letters\n");
    const auto listed = [&] {
        return terminal.json({"--kafka", brokers, "parked", "letters", "--json"})
            .find("items")
            ->elements();
    };
    const auto node = store.start("a");
    CommandWriter writer(store.kafka(), kIntakeShards);
    writer.put(Shard(1), "no command");
    REQUIRE(comes_true([&] { return !listed().empty(); }));
    const auto items = listed();
    REQUIRE(items.size() == 1);
    CHECK(text_of(items[0], "code") == "invalid-json");
    CHECK(text_of(items[0], "source") == "parked.commands/1/0");
    CHECK(text_of(items[0], "key") == "k");
    CHECK(text_of(items[0], "value") == "no command");
    CHECK(text_of(items[0], "resent_from") == "null");

    const std::string id = text_of(items[0], "id");
    const json::Value sent = terminal.json({"--kafka", brokers, "parked", "resend", id, "--json"});
    const auto sent_items = sent.find("items")->elements();
    REQUIRE(sent_items.size() == 1);
    CHECK(text_of(sent_items[0], "id") == id);
    // It dies again, at the place where it was sent to, and says what it was.
    REQUIRE(comes_true([&] { return listed().size() == 2; }));
    std::map<std::string, std::string> resent;
    for (const json::Value& item : listed())
        resent[text_of(item, "source")] = text_of(item, "resent_from");
    CHECK(resent.at(text_of(sent_items[0], "sent_to")) == "parked.dlq/" + id);

    CHECK(terminal.type({"--kafka", brokers, "parked", "resend", "0/99"}).exit == 3);
    CHECK(terminal.type({"--kafka", brokers, "parked", "resend", "x"}).exit == 3);
    CHECK(terminal.type({"--kafka", brokers, "parked", "resend"}).exit == 2);
    CHECK(terminal.type({"--kafka", brokers, "parked", "resend", "--all"}).exit == 0);
    CHECK(terminal.type({"parked", "letters"}).exit == 2);
}

TEST_CASE("kafka options: properties and topics come from the environment, secrets from a file",
          "[cli]") {
    const Terminal terminal;
    CHECK(cli::kafka_options("b:1").properties.empty());
    CHECK(cli::kafka_options("b:1").topics.commands == "skein.commands.v1");
    const std::string path = terminal.path("kafka.properties");
    std::ofstream(path) << "# who we are\n\n  sasl.username=me \nsasl.password=p;w=1\n";
    const Environment file("SKEIN_KAFKA__PROPERTIES_FILE", path);
    const Environment more("SKEIN_KAFKA__PROPERTIES", "security.protocol=SASL_SSL; client.id=x");
    const Environment topic("SKEIN_KAFKA__COMMANDS_TOPIC", "mine");
    const KafkaOptions options = cli::kafka_options("b:1");
    using Properties = std::vector<std::pair<std::string, std::string>>;
    CHECK(options.properties == Properties{{"sasl.username", "me"},
                                           {"sasl.password", "p;w=1"},
                                           {"security.protocol", "SASL_SSL"},
                                           {"client.id", "x"}});
    CHECK(options.topics.commands == "mine");
    CHECK(options.brokers == "b:1");
    {
        const Environment fixed("SKEIN_KAFKA__PROPERTIES", "acks=1");
        CHECK_THROWS_WITH(cli::kafka_options("b:1"), Catch::Contains("acks cannot be set"));
    }
    {
        // A password that holds the separator: what is behind it is not told.
        const Environment broken("SKEIN_KAFKA__PROPERTIES", "sasl.password=a;secret");
        CHECK_THROWS_WITH(cli::kafka_options("b:1"),
                          Catch::Contains("no property") && !Catch::Contains("secret"));
    }
    const Environment missing("SKEIN_KAFKA__PROPERTIES_FILE", terminal.path("none"));
    CHECK_THROWS_WITH(cli::kafka_options("b:1"), Catch::Contains("cannot be read"));
}

}  // namespace skein::bus::test
