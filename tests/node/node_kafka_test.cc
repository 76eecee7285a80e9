// Nodes over one Postgres and one Kafka broker.
#include <sys/wait.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>

#include "engine/bus/kafka/kafka_topic.h"
#include "tests/node/node_topics.h"
#include "tests/servers/kafka_broker.h"
#include "tests/servers/postgres_server.h"

namespace skein::node::test {

namespace {

using skein::test::KafkaBroker;
using skein::test::PostgresServer;

constexpr int kSwarms = 32;

void update_all(Guest& guest, int number) {
    for (int i = 0; i < kSwarms; ++i) {
        const std::string swarm = swarm_named(i);
        const Outcome outcome = guest.store().submit(
            number == 0 ? create_command(swarm) : update_command(swarm, "k", number));
        INFO(runtime::outcome_document(outcome).text());
        REQUIRE(outcome.kind == OutcomeKind::kAccepted);
    }
}

// By another shard's partition, as a producer that knows nothing of shards would.
void produce(const std::string& brokers, const std::string& key, const std::string& command) {
    bus::KafkaOptions options;
    options.brokers = brokers;
    const auto topic = bus::commands_topic(options, kShards, bus::WhenMissing::kRefuse);
    const auto publisher = topic->open_publisher();
    REQUIRE(publisher->offer(Shard(3), Position(1), {key, command, {}}) ==
            bus::Publisher::Offer::kTaken);
    bool is_delivered = false;
    REQUIRE(comes_true([&] {
        publisher->poll(std::chrono::milliseconds(10),
                        [&](const bus::Delivery& delivery) { is_delivered = !!delivery.offset; });
        return is_delivered;
    }));
}

// One command of the server's tools, which has to succeed.
void run(const std::vector<std::string>& words) {
    skein::test::ServerDirectory directory("/tmp/skein_tool_");
    skein::test::ServerCommand command;
    command.words = words;
    command.output = directory.output();
    command.signal_at_end = SIGKILL;
    const pid_t process = skein::test::start_process(command);
    int status = 0;
    ::waitpid(process, &status, 0);
    INFO(words.front() << ": " << directory.output_tail());
    REQUIRE(status == 0);
}

// Puts the dump in the place of the database, while nodes use it.
void restore_over(const std::string& name, const std::string& dump) {
    const PostgresServer& server = PostgresServer::shared();
    const std::string admin = server.dsn("postgres");
    run({"psql", "-qXd", admin, "-c", "CREATE DATABASE older"});
    run({"pg_restore", "--exit-on-error", "-d", server.dsn("older"), dump});
    run({"psql", "-qXd", admin, "-c", "ALTER DATABASE " + name + " ALLOW_CONNECTIONS false", "-c",
         "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'",
         "-c", "ALTER DATABASE " + name + " RENAME TO newer", "-c",
         "ALTER DATABASE older RENAME TO " + name});
}

}  // namespace

TEST_CASE("node: migrate makes the topics, and says what it made [V-112]", "[node][kafka]") {
    KafkaBroker broker;
    const std::string dsn = PostgresServer::shared().create_database();
    std::string said;
    REQUIRE(migrate(dsn, broker.address(), said, {"--dry-run"}) == 0);
    CHECK(said.find("topic skein.events.v1: missing") != std::string::npos);
    {
        const int exit = migrate(dsn, broker.address(), said);
        INFO(said);
        REQUIRE(exit == 0);
    }
    CHECK(said.find("topic skein.events.v1: made") != std::string::npos);
    REQUIRE(migrate(dsn, broker.address(), said) == 0);
    CHECK(said.find("topic skein.events.v1: stood") != std::string::npos);
    // A store with other shards does not fit the topics that stand.
    const std::string other = PostgresServer::shared().create_database();
    CHECK(migrate(other, broker.address(), said, {"--shards", "4"}) == 2);
    CHECK(said.find("has 16 partitions, the store has 4 shards") != std::string::npos);
    CHECK(migrate(other, broker.address(), said, {"--shards", "4", "--dry-run"}) == 2);
    CHECK(said.find("has 16 partitions, the store has 4 shards") != std::string::npos);

    // Three nodes; the views of each follow the topic, and are the fold.
    const ServeProcess one({dsn, broker.address()});
    const ServeProcess two({dsn, broker.address()});
    const ServeProcess three({dsn, broker.address()});
    REQUIRE(comes_true([&] { return one.owned() + two.owned() + three.owned() == kShards; }));
    Guest guest(dsn);
    for (int number = 0; number < 10; ++number) update_all(guest, number);
    for (const ServeProcess* node : {&one, &two, &three}) {
        CHECK(comes_true([&] { return views_follow_topic(*node); }));
        CHECK(comes_true([&] { return has_sent_all(*node); }));
        CHECK(comes_true([&] { return views_are_folds(*node, guest, kSwarms); }));
    }
    const std::uint64_t from_topic = *two.metric("skein_feed_refetched_total");
    update_all(guest, 10);
    CHECK(comes_true([&] { return views_are_folds(two, guest, kSwarms); }));
    CHECK(*two.metric("skein_feed_refetched_total") >= from_topic);

    // Commands come by the topic as well, to whoever owns their shard.
    produce(broker.address(), "swarm/s1", update_command("s1", "by-topic", 7));
    CHECK(comes_true(
        [&] { return guest.fold("swarm/s1").find(R"("by-topic":7)") != std::string::npos; }));

    // Kafka away: commands go on, and views follow the log.
    broker.kill();
    for (int number = 11; number < 20; ++number) update_all(guest, number);
    for (const ServeProcess* node : {&one, &two, &three}) {
        CHECK(comes_true([&] { return views_are_folds(*node, guest, kSwarms); }));
        CHECK(node->get("/readyz")->status == 200);
        CHECK(node->metric("skein_log_writable") == 1);
    }
    // Back: the backlog is sent, and views go back to the topic by themselves.
    broker.start();
    for (const ServeProcess* node : {&one, &two, &three}) {
        CHECK(comes_true([&] { return has_sent_all(*node); }));
        CHECK(comes_true([&] { return views_follow_topic(*node); }));
    }
    update_all(guest, 20);
    for (const ServeProcess* node : {&one, &two, &three})
        CHECK(comes_true([&] { return views_are_folds(*node, guest, kSwarms); }));
}

TEST_CASE("node: the topics of another store are refused, and nothing is taken from them [V-112]",
          "[node][kafka]") {
    KafkaBroker broker;
    const std::string dsn = PostgresServer::shared().create_database();
    const std::string late = PostgresServer::shared().create_database();
    const std::string third = PostgresServer::shared().create_database();
    std::string said;
    // Nobody can tell two stores apart while neither has an event.
    REQUIRE(migrate(dsn, broker.address(), said) == 0);
    REQUIRE(migrate(late, broker.address(), said) == 0);
    const ServeProcess first({dsn, broker.address()});
    const ServeProcess second({late, broker.address()});
    REQUIRE(comes_true([&] { return first.owned() == kShards && second.owned() == kShards; }));
    REQUIRE(first.send(create_command("s0")) == "accepted");
    REQUIRE(comes_true([&] { return has_sent_all(first); }));
    REQUIRE(second.send(create_command("s0")) == "accepted");
    CHECK(comes_true([&] { return second.get("/readyz")->status == 503; }));
    CHECK_THAT(second.get("/readyz")->body, Catch::Contains("the topics are another store's"));
    CHECK(first.get("/readyz")->status == 200);
    produce(broker.address(), "swarm/s0", update_command("s0", "by-topic", 7));
    Guest guest(dsn);
    CHECK(comes_true(
        [&] { return guest.fold("swarm/s0").find(R"("by-topic":7)") != std::string::npos; }));
    CHECK(Guest(late).fold("swarm/s0").find("by-topic") == std::string::npos);

    CHECK(comes_true([&] { return has_sent_all(first); }));
    CHECK(run_program(dsn, broker.address(), said, {"verify", "--all"}) == 0);
    CHECK_THAT(said, Catch::Contains("ok: 2 events") && !Catch::Contains("note:"));
    CHECK(run_program(late, broker.address(), said, {"verify", "--all"}) == 1);
    CHECK_THAT(said,
               Catch::Contains("topic at offset 0") && Catch::Contains("an event of /skein/"));

    // As soon as there is an event, migrate and serve refuse at once, and make nothing.
    CHECK(migrate(third, broker.address(), said) == 2);
    CHECK_THAT(said, Catch::Contains("holds events of another store") &&
                         Catch::Contains("foreign-topic") && Catch::Contains("is to be made"));
    CHECK(migrate(third, broker.address(), said, {"status"}) == 1);
    CHECK(migrate(late, broker.address(), said, {"--dry-run"}) == 2);
    CHECK_THROWS_WITH(
        ServeProcess({late, broker.address()}),
        Catch::Contains("did not start") && Catch::Contains("holds events of another store"));
}

TEST_CASE("node: an older copy of the log ends a node that runs; topic and views follow it again",
          "[node][kafka]") {
    KafkaBroker broker;
    const skein::test::TempDirectory directory;
    const std::string dump = directory.path() + "/store.dump";
    const std::string dsn = PostgresServer::shared().create_database();
    const std::string name = dsn.substr(dsn.find("dbname=") + 7);
    std::string said;
    REQUIRE(migrate(dsn, broker.address(), said) == 0);
    ServeProcess before({dsn, broker.address()});
    REQUIRE(comes_true([&] { return before.owned() == kShards; }));
    std::uint64_t dumped = 0;
    {
        Guest guest(dsn);
        for (int number = 0; number < 4; ++number) update_all(guest, number);
        run({"pg_dump", "-Fc", "-d", dsn, "-f", dump});
        dumped = guest.events();
        for (int number = 4; number < 8; ++number) update_all(guest, number);
    }
    const std::size_t in_topic = 2 * dumped;
    REQUIRE(comes_true([&] { return events_in_topic(broker.address()).size() == in_topic; }));
    restore_over(name, dump);
    CHECK(before.wait() == 6);
    CHECK_THAT(before.output(), Catch::Contains("the log went back"));

    const ServeProcess again({dsn, broker.address()});
    REQUIRE(comes_true([&] { return again.owned() == kShards; }));
    Guest guest(dsn);
    CHECK(guest.events() == dumped);
    // Another history, at positions that the topic has already.
    for (int number = 100; number < 103; ++number) update_all(guest, number);
    const EventAt stored = events_in_log(guest);
    REQUIRE(stored.size() == dumped + 3 * kSwarms);
    REQUIRE(stored.size() < in_topic);
    REQUIRE(comes_true([&] {
        EventAt sent = events_in_topic(broker.address());
        return std::all_of(stored.begin(), stored.end(),
                           [&](const auto& event) { return sent[event.first] == event.second; });
    }));
    // Behind the end of what was restored the topic is still ahead: nobody believes that.
    const ServeProcess late({dsn, broker.address()});
    for (const ServeProcess* node : {&again, &late})
        CHECK(comes_true([&] { return views_are_folds(*node, guest, kSwarms); }));
    for (int number = 103; number < 110; ++number) update_all(guest, number);
    for (const ServeProcess* node : {&again, &late}) {
        CHECK(comes_true([&] { return views_are_folds(*node, guest, kSwarms); }));
        CHECK(comes_true([&] { return views_follow_topic(*node); }));
    }
}

}  // namespace skein::node::test
