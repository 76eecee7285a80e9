// A node while a disk is full: that of Postgres, that of its views, that of Kafka.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <random>
#include <string>

#include "tests/node/node_topics.h"
#include "tests/servers/full_disk.h"
#include "tests/servers/kafka_broker.h"
#include "tests/servers/postgres_server.h"

namespace skein::node::test {

namespace {

using skein::test::FullDisk;
using skein::test::KafkaBroker;
using skein::test::PostgresServer;
using skein::test::PostgresTransport;
using std::chrono::seconds;

constexpr int kSwarms = 4;
constexpr seconds kServiceBack{10};  // P12

// Sends commands that bring 64 KiB each, and counts those that were accepted.
class Sender {
 public:
    explicit Sender(const ServeProcess& node) : node_(node) {
        for (int i = 0; i < kSwarms; ++i) {
            REQUIRE(node_.send(create_command(swarm_named(i))) == "accepted");
            ++accepted_;
        }
    }
    // The outcome's name, or the code of its rejection.
    std::string send() {
        ++sent_;
        std::string noise(64 << 10, ' ');  // that no server packs
        for (char& letter : noise) letter = static_cast<char>('0' + dice_() % 64);
        std::replace(noise.begin(), noise.end(), '\\', '/');
        const std::string answer =
            node_.send(fmt::format(R"({{"type":"UpdateSwarm","swarm":"{}","data":{{"config":{{)"
                                   R"("noise":"{}","number":{}}}}}}})",
                                   swarm_named(sent_ % kSwarms), noise, sent_));
        if (answer == "accepted") ++accepted_;
        return answer;
    }
    std::uint64_t accepted() const { return accepted_; }

 private:
    const ServeProcess& node_;
    std::mt19937_64 dice_{20261123};
    int sent_ = 0;
    std::uint64_t accepted_ = 0;
};

std::uint64_t resident_bytes(const ServeProcess& node) {
    return node.metric("skein_process_resident_memory_bytes").value_or(0);
}

bool is_served(const ServeProcess& node) {
    const auto response = node.get("/v1/swarms/" + swarm_named(0));
    return response && response->status == 200;
}

}  // namespace

TEST_CASE("node: with no room under Postgres commands are refused, with room they go on [V-95]",
          "[node]") {
    const FullDisk disk;
    PostgresServer server(PostgresTransport::kSocket, &disk);
    const std::string dsn = server.create_database();
    make_store(dsn);
    ServeProcess node({dsn});
    REQUIRE(comes_true([&] { return node.owned() == kShards; }));
    Sender sender(node);
    for (int i = 0; i < 20; ++i) REQUIRE(sender.send() == "accepted");
    Guest guest(dsn);

    for (int episode = 0; episode < 3; ++episode) {
        disk.fill();
        std::string refusal;
        REQUIRE(comes_true([&] { return (refusal = sender.send()) != "accepted"; }));
        CHECK(refusal == "disk-full");
        for (int i = 0; i < 10; ++i) {
            const std::string answer = sender.send();
            CHECK((answer == "accepted" || answer == "disk-full"));
        }
        CHECK(is_served(node));
        CHECK(node.get("/livez")->status == 200);
        REQUIRE(comes_true([&] { return (refusal = sender.send()) == "disk-full"; }));
        const auto unready = node.get("/readyz");
        CHECK(unready->status == 503);
        CHECK_THAT(unready->body, Catch::Contains("the disk of the log is full"));
        CHECK(node.metric("skein_log_writable") == 0);
        disk.make_room();
        CHECK(comes_true([&] { return sender.send() == "accepted"; }, kServiceBack));
        CHECK(node.get("/readyz")->status == 200);
        // What was acknowledged stands, and nothing else does.
        CHECK(guest.events() == sender.accepted());
        CHECK(comes_true([&] { return views_are_folds(node, guest, kSwarms); }));
    }
    CHECK_THAT(node.output(), Catch::Contains("the disk of the log is full, commands are refused"));
}

TEST_CASE("node: with no room under its views commands go on, and the views follow later [V-95]",
          "[node]") {
    const FullDisk disk;
    const std::string dsn = PostgresServer::shared().create_database();
    make_store(dsn);
    ServeOptions options{dsn};
    options.disk = &disk;
    ServeProcess node(options);
    REQUIRE(comes_true([&] { return node.owned() == kShards; }));
    Sender sender(node);
    for (int i = 0; i < 20; ++i) REQUIRE(sender.send() == "accepted");
    Guest guest(dsn);

    for (int episode = 0; episode < 3; ++episode) {
        disk.fill();
        REQUIRE(comes_true([&] {
            CHECK(sender.send() == "accepted");
            return node.metric("skein_projector_failing") == 1;
        }));
        CHECK(is_served(node));
        disk.make_room();
        CHECK(comes_true([&] { return views_are_folds(node, guest, kSwarms); }, kServiceBack));
        CHECK_FALSE(node.ended());
        CHECK(guest.events() == sender.accepted());
    }
}

TEST_CASE(
    "node: with no room under Kafka commands go on in bounded memory, and are sent later "
    "[V-95][V-112]",
    "[node][kafka]") {
    const FullDisk disk;
    KafkaBroker broker({}, &disk);
    const std::string dsn = PostgresServer::shared().create_database();
    std::string said;
    REQUIRE(migrate(dsn, broker.address(), said) == 0);
    ServeProcess node({dsn, broker.address()});
    REQUIRE(comes_true([&] { return node.owned() == kShards; }));
    Sender sender(node);
    for (int i = 0; i < 20; ++i) REQUIRE(sender.send() == "accepted");
    Guest guest(dsn);
    REQUIRE(comes_true([&] { return has_sent_all(node); }));

    disk.fill();
    for (int i = 0; i < 200; ++i) CHECK(sender.send() == "accepted");
    CHECK(comes_true([&] { return views_are_folds(node, guest, kSwarms); }));
    const std::uint64_t before = resident_bytes(node);
    for (int i = 0; i < 2000; ++i) CHECK(sender.send() == "accepted");  // 125 MiB
    CHECK(comes_true([&] { return views_are_folds(node, guest, kSwarms); }));
    const std::uint64_t after = resident_bytes(node);
    std::cout << "resident MiB before the backlog " << (before >> 20) << ", behind it "
              << (after >> 20) << '\n';
    CHECK(after < before + (64 << 20));
    CHECK(node.metric("skein_relay_lag_events") > 2000);
    CHECK(node.get("/readyz")->status == 200);
    // A broker whose only directory fails ends, and whoever supervises it starts it again.
    CHECK(broker.has_ended());
    disk.make_room();
    broker.start();
    CHECK(comes_true([&] { return has_sent_all(node); }));
    CHECK(events_in_topic(broker.address()) == events_in_log(guest));
    CHECK(guest.events() == sender.accepted());
    CHECK(comes_true([&] { return views_are_folds(node, guest, kSwarms); }));
}

}  // namespace skein::node::test
