// Nodes over one Postgres, without Kafka: shares, deaths, zombies, leaving.
#include <sys/wait.h>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "tests/node/node_history.h"
#include "tests/servers/postgres_server.h"

namespace skein::node::test {

namespace {

using skein::test::PostgresServer;
using std::chrono::seconds;

constexpr int kSwarms = 32;  // spread over all shards
constexpr std::uint64_t kShards = 16;

std::string new_store() {
    const std::string dsn = PostgresServer::shared().create_database();
    make_store(dsn);
    return dsn;
}

bool share_evenly(const std::vector<const ServeProcess*>& nodes) {
    std::uint64_t sum = 0;
    for (const ServeProcess* node : nodes) {
        const std::uint64_t owned = node->owned();
        const std::uint64_t least = kShards / nodes.size();
        if (owned < least || owned > least + 1) return false;
        sum += owned;
    }
    return sum == kShards;
}

void create_swarms(Guest& guest) {
    for (int i = 0; i < kSwarms; ++i) {
        const Outcome outcome = guest.store().submit(create_command(swarm_named(i)));
        INFO(runtime::outcome_document(outcome).text());
        REQUIRE(outcome.kind == OutcomeKind::kAccepted);
    }
}

// Sends updates of all swarms in turn until told to stop; every one must be accepted.
class Producer {
 public:
    Producer(const std::string& dsn, std::string key) : guest_(dsn), key_(std::move(key)) {
        thread_ = std::thread([this] { run(); });
    }
    ~Producer() { stop(); }
    void stop() {
        is_stopping_ = true;
        if (thread_.joinable()) thread_.join();
    }
    int sent() const { return sent_; }
    const std::string& refused() const { return refused_; }  // after stop()

 private:
    void run() {
        while (!is_stopping_ && refused_.empty()) {
            const std::string swarm = swarm_named(sent_ % kSwarms);
            const Outcome outcome = guest_.store().submit(update_command(swarm, key_, sent_));
            if (outcome.kind != OutcomeKind::kAccepted)
                refused_ = runtime::outcome_document(outcome).text();
            ++sent_;
        }
    }

    Guest guest_;
    const std::string key_;
    std::atomic<int> sent_{0};
    std::string refused_;
    std::atomic<bool> is_stopping_{false};
    std::thread thread_;
};

}  // namespace

TEST_CASE("node: three nodes share sixteen shards evenly, and answer for what they own [V-172]",
          "[node]") {
    const std::string dsn = new_store();
    const ServeProcess one({dsn});
    REQUIRE(comes_true([&] { return share_evenly({&one}); }));
    const ServeProcess two({dsn});
    const ServeProcess three({dsn});
    REQUIRE(comes_true([&] { return share_evenly({&one, &two, &three}); }));

    Guest guest(dsn);
    create_swarms(guest);
    CHECK(guest.events() == kSwarms);
    // Each swarm has one node that takes its commands; the others say that they do not.
    int elsewhere = 0;
    for (int i = 0; i < kSwarms; ++i) {
        int accepted = 0;
        for (const ServeProcess* node : {&one, &two, &three}) {
            const auto response = node->post(update_command(swarm_named(i), "k", i));
            REQUIRE(response);
            if (response->status == 200) ++accepted;
            if (response->status != 503) continue;
            ++elsewhere;
            CHECK(response->body.find("shard-elsewhere") != std::string::npos);
            CHECK(response->content_type == "application/problem+json");
        }
        CHECK(accepted == 1);
    }
    CHECK(elsewhere == 2 * kSwarms);
    for (const ServeProcess* node : {&one, &two, &three}) {
        CHECK(comes_true([&] { return views_are_folds(*node, guest, kSwarms); }));
        CHECK(node->get("/livez")->status == 200);
        CHECK(node->get("/readyz")->status == 200);
        CHECK(node->get("/version")->status == 200);
        CHECK(node->get("/v1/swarms/none")->status == 404);
    }
}

TEST_CASE("node: an array of commands is answered in order, a wrong one by its code [V-172]",
          "[node]") {
    const std::string dsn = new_store();
    const ServeProcess node({dsn});
    REQUIRE(comes_true([&] { return share_evenly({&node}); }));
    const std::string unknown = R"({"type":"Nonsense","swarm":"s1"})";
    const auto all = node.post("[" + create_command("s1") + "," + unknown + "," +
                               update_command("s1", "k", 1) + "]");
    REQUIRE(all);
    CHECK(all->status == 200);
    const auto results = json::parse(all->body);
    REQUIRE(results);
    REQUIRE(results->count() == 3);
    CHECK(results->elements()[0].find("outcome")->as_string() == "accepted");
    CHECK(results->elements()[1].find("code")->as_string() == "unknown-command");
    CHECK(results->elements()[2].find("outcome")->as_string() == "accepted");
    CHECK(node.send(create_command("s1")) == "already-exists");
    CHECK(node.post(create_command("s1"))->status == 409);
    CHECK(node.send("{") == "invalid-json");
    CHECK(node.post("[]")->body == "[]");
}

TEST_CASE("node: what a killed node owned is taken, and its commands go on [V-172]", "[node]") {
    const std::string dsn = new_store();
    auto one = std::make_unique<ServeProcess>(ServeOptions{dsn, {}, "2s"});
    const ServeProcess two({dsn, {}, "2s"});
    const ServeProcess three({dsn, {}, "2s"});
    REQUIRE(comes_true([&] { return share_evenly({one.get(), &two, &three}); }));
    Guest guest(dsn);
    create_swarms(guest);
    const std::uint64_t before = guest.events();
    Producer producer(dsn, "p");
    REQUIRE(comes_true([&] { return producer.sent() > 100; }));
    one->kill();
    // The promise: every shard takes commands within 5 s.
    const auto accepted_by_survivors = [&] {
        for (int i = 0; i < kSwarms; ++i) {
            if (two.send(update_command(swarm_named(i), "k", 1)) == "accepted") continue;
            if (three.send(update_command(swarm_named(i), "k", 1)) != "accepted") return false;
        }
        return true;
    };
    CHECK(comes_true(accepted_by_survivors, seconds(5)));
    CHECK(comes_true([&] { return share_evenly({&two, &three}); }));
    const int at_even = producer.sent();
    CHECK(comes_true([&] { return producer.sent() > at_even + 2 * kSwarms; }));
    producer.stop();
    // What was on its way to the dead node was sent again, and stands once.
    CHECK(producer.refused() == "");
    CHECK(guest.events() - before >= static_cast<std::uint64_t>(producer.sent()));
    CHECK(comes_true([&] { return views_are_folds(two, guest, kSwarms); }));
}

TEST_CASE("node: one that stood still for longer than its lease writes nothing afterwards [V-172]",
          "[node]") {
    const std::string dsn = new_store();
    const ServeProcess one({dsn, {}, "400ms"});
    const ServeProcess two({dsn, {}, "400ms"});
    REQUIRE(comes_true([&] { return share_evenly({&one, &two}); }));
    Guest guest(dsn);
    create_swarms(guest);
    const char* const more = std::getenv("SKEIN_TAKEOVERS");
    const int wanted = more == nullptr ? 100 : std::stoi(more);
    int takeovers = 0;
    std::uint64_t refused = 0;
    for (int round = 0; takeovers < wanted; ++round) {
        const ServeProcess& stopped = round % 2 == 0 ? one : two;
        const ServeProcess& other = round % 2 == 0 ? two : one;
        REQUIRE(comes_true([&] { return share_evenly({&one, &two}); }));
        takeovers += static_cast<int>(stopped.owned());
        stopped.pause();
        // Commands that it will find when it wakes, under ids of their own.
        std::vector<std::thread> waiting;
        std::atomic<std::uint64_t> accepted{0};
        for (int i = 0; i < kSwarms; i += 4) {
            waiting.emplace_back([&, i] {
                const std::string answer =
                    stopped.send(update_command(swarm_named(i), "zombie", round));
                if (answer == "accepted") ++accepted;
            });
        }
        const bool is_taken = comes_true([&] { return other.owned() == kShards; });
        const std::vector<log::Head> heads = guest.heads();
        stopped.resume();
        for (std::thread& thread : waiting) thread.join();
        REQUIRE(is_taken);
        // It may have got a share again before it looked at them: then it writes under a new epoch.
        const std::vector<Epoch> written = guest.epochs_after(heads);
        CHECK(written.size() == accepted);
        refused += kSwarms / 4 - accepted;
    }
    CHECK(refused > 0);
    std::cout << takeovers << " takeovers, " << refused << " commands refused by zombies\n";
    for (const ServeProcess* node : {&one, &two})
        CHECK(comes_true([&] { return views_are_folds(*node, guest, kSwarms); }));
}

TEST_CASE("node: SIGTERM hands its shards over without a rejected command [V-172]", "[node]") {
    const std::string dsn = new_store();
    auto one = std::make_unique<ServeProcess>(ServeOptions{dsn});
    const ServeProcess two({dsn});
    REQUIRE(comes_true([&] { return share_evenly({one.get(), &two}); }));
    Guest guest(dsn);
    create_swarms(guest);
    const std::uint64_t before = guest.events();
    Producer producer(dsn, "p");
    REQUIRE(comes_true([&] { return producer.sent() > 100; }));
    one->signal(SIGTERM);
    CHECK(one->wait() == 0);
    CHECK(one->output().find("stopped") != std::string::npos);
    const int at_end = producer.sent();
    REQUIRE(comes_true([&] { return two.owned() == kShards; }));
    REQUIRE(comes_true([&] { return producer.sent() > at_end + 2 * kSwarms; }));
    producer.stop();
    CHECK(producer.refused() == "");
    CHECK(guest.events() - before == static_cast<std::uint64_t>(producer.sent()));
    CHECK(comes_true([&] { return views_are_folds(two, guest, kSwarms); }));
}

TEST_CASE("node: while Postgres is away commands are refused and states are served, stale [V-95]",
          "[node]") {
    PostgresServer server;
    const std::string dsn = server.create_database();
    make_store(dsn);
    const ServeProcess node({dsn});
    REQUIRE(comes_true([&] { return node.owned() == kShards; }));
    REQUIRE(node.send(create_command("s0")) == "accepted");
    REQUIRE(comes_true([&] { return node.get("/v1/swarms/s0")->status == 200; }));
    CHECK(node.get("/v1/swarms/s0")->headers.size() > 0);

    server.stop_at_once();
    REQUIRE(comes_true([&] { return node.send(update_command("s0", "k", 1)) == "read-only"; }));
    const auto refused = node.post(update_command("s0", "k", 1));
    REQUIRE(refused);
    CHECK(refused->status == 503);
    CHECK(refused->body.find("retry_after_ms") != std::string::npos);
    const auto header = [](const http::Response& response, const std::string& name) {
        for (const auto& [key, value] : response.headers)
            if (key == name) return value;
        return std::string();
    };
    CHECK(header(*refused, "Retry-After") == "1");
    const auto read = node.get("/v1/swarms/s0");
    REQUIRE(read);
    CHECK(read->status == 200);
    CHECK(header(*read, "Skein-Stale") == "true");
    CHECK(node.get("/readyz")->status == 503);
    CHECK(node.get("/livez")->status == 200);

    server.start();
    // The promise: service is back within 10 s.
    CHECK(comes_true([&] { return node.send(update_command("s0", "k", 2)) == "accepted"; },
                     seconds(10)));
    CHECK(comes_true([&] { return node.get("/readyz")->status == 200; }));
    CHECK(header(*node.get("/v1/swarms/s0"), "Skein-Stale").empty());
    Guest guest(dsn);
    CHECK(comes_true([&] { return views_are_folds(node, guest, 1); }));
}

TEST_CASE(
    "node: where Postgres stands still commands have an answer in time, then a refusal [V-95]",
    "[node]") {
    PostgresServer server;
    const std::string dsn = server.create_database();
    make_store(dsn);
    const ServeProcess node({dsn});
    REQUIRE(comes_true([&] { return node.owned() == kShards; }));
    REQUIRE(node.send(create_command("s0")) == "accepted");
    Guest guest(dsn);
    const std::uint64_t before = guest.events();

    server.pause();
    const auto begin = std::chrono::steady_clock::now();
    const auto since = [&] { return std::chrono::steady_clock::now() - begin; };
    const std::string caught = R"({"command_id":"0199f3a0-0000-7000-8000-000000000001",)" +
                               update_command("s0", "k", 1).substr(1);
    CHECK(node.send(caught) == "unknown");
    CHECK(since() < seconds(15));
    const auto refused_at = since();
    CHECK(node.send(update_command("s0", "k", 2)) == "read-only");
    CHECK(since() - refused_at < seconds(1));
    CHECK_THAT(node.output(), Catch::Contains("read-only: ") && !Catch::Contains("read-only: \n"));
    server.resume();
    // Sent again under the same id it ends with its true result.
    CHECK(comes_true([&] { return node.send(caught) == "accepted"; }, seconds(10)));
    CHECK(guest.events() == before + 1);
}

TEST_CASE("node: an address that another one has is refused, with what to do [V-172]", "[node]") {
    const std::string dsn = new_store();
    const ServeProcess node({dsn});
    skein::test::ServerDirectory directory("/tmp/skein_serve_");
    skein::test::ServerCommand command;
    command.words = {SKEIN_PROGRAM,    "--pg",  dsn,      "--data",
                     directory.path(), "serve", "--http", node.address()};
    command.output = directory.output();
    const pid_t second = skein::test::start_process(command);
    int status = 0;
    REQUIRE(comes_true([&] { return ::waitpid(second, &status, WNOHANG) == second; }));
    CHECK(WEXITSTATUS(status) == 2);
    CHECK(directory.output_tail().find("cannot listen on") != std::string::npos);
}

}  // namespace skein::node::test
