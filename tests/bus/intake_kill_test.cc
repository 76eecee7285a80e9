// Commands of a Python producer while the nodes that take them are killed, at random moments and at
// each of their crash points, and stand still for longer than their leases: each is taken exactly
// once, in order, and told.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "engine/json/parse.h"
#include "tests/bus/child_process.h"
#include "tests/bus/intake_store.h"
#include "tests/waiting/comes_true.h"

namespace skein::bus::test {

using skein::test::comes_true;
using std::chrono::milliseconds;

namespace {

constexpr int kRuns = 8;  // so that every shard has some
constexpr milliseconds kLease{400};

struct Point {
    const char* name;
    std::uint64_t passes_max;  // of a node that lives for a second
};
constexpr std::array kPoints = {
    Point{"intake.after_begin", 1},     Point{"intake.before_tell", 20},
    Point{"intake.after_delivery", 20}, Point{"intake.before_keep", 4},
    Point{"intake.after_keep", 4},      Point{"runtime.before_append", 20},
    Point{"runtime.after_append", 20},  Point{"log.before_write", 20},
    Point{"log.after_write", 20},
};

class Nodes {
 public:
    // Returns when it runs, or has died before that.
    std::unique_ptr<ChildProcess> start(const std::string& crash_at = {}) {
        const std::string name = "node" + std::to_string(++started_);
        auto node = std::make_unique<ChildProcess>(
            std::vector<std::string>{SKEIN_INTAKE_CHILD, store_.dsn(), store_.brokers(),
                                     store_.prefix(), name, std::to_string(kLease.count())},
            std::vector<std::string>{"SKEIN_CRASH_AT=" + crash_at});
        node->line();
        return node;
    }
    std::unique_ptr<ChildProcess> start_producer() const {
        return std::make_unique<ChildProcess>(
            std::vector<std::string>{"/bin/bash", "-c",
                                     "PYTHONPATH=$($0/python_packages.sh) exec python3 "
                                     "$0/command_producer.py $1 $2 $3",
                                     SKEIN_BUS_TESTS, store_.brokers(), store_.prefix(),
                                     std::to_string(kRuns)},
            std::vector<std::string>{std::string("PATH=") + std::getenv("PATH"),
                                     std::string("HOME=") + std::getenv("HOME")});
    }
    std::string values_of(int run) const {
        return store_.values_of("swarm/s" + std::to_string(run) + "/run/r");
    }

 private:
    const IntakeStore store_{"kills"};
    int started_ = 0;
};

}  // namespace

TEST_CASE(
    "intake: killed and paused, each command is taken once, in order, and told [V-159] [V-172]",
    "[kafka][kill]") {
    Nodes nodes;
    const auto producer = nodes.start_producer();
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    SeededRandom random(seed);
    auto steady = nodes.start();
    int kills = 0;
    for (int pass = 0; pass < 2; ++pass) {
        for (const Point& point : kPoints) {
            const std::uint64_t passes = pass == 0 ? 1 : 1 + random.below(point.passes_max);
            const std::string place = fmt::format("{}:{}", point.name, passes);
            INFO(place);
            const auto victim = nodes.start(place);
            REQUIRE(comes_true([&] { return victim->has_ended(); }));
            REQUIRE(victim->wait() == -SIGKILL);
            ++kills;
        }
    }
    // At moments that nobody chose, the one that has most of the shards.
    for (int i = 0; i < 8; ++i) {
        auto next = nodes.start();
        std::this_thread::sleep_for(milliseconds(random.below(600)));
        steady->kill(SIGKILL);
        REQUIRE(steady->wait() == -SIGKILL);
        ++kills;
        steady = std::move(next);
    }
    for (int i = 0; i < 3; ++i) {
        const auto next = nodes.start();
        next->kill(SIGSTOP);
        std::this_thread::sleep_for(kLease * 2);
        next->kill(SIGCONT);
        std::this_thread::sleep_for(milliseconds(random.below(400)));
        next->close_input();
        REQUIRE(next->wait() == 0);
    }
    producer->close_input();
    const std::string report = producer->line();
    INFO(report);
    REQUIRE(producer->wait() == 0);
    const auto counts = json::parse(report);
    REQUIRE(counts);
    const std::uint64_t numbers = *counts->find("numbers")->as_unsigned_integer();
    for (int run = 0; run < kRuns; ++run)
        CHECK(nodes.values_of(run) ==
              fmt::format(R"({{"intermediate":{{}},"variables":{{"list":{}}}}})",
                          numbers_up_to(numbers)));
    steady->close_input();
    CHECK(steady->wait() == 0);
    std::cout << fmt::format("intake kills: {}; {}\n", kills, report);
}

}  // namespace skein::bus::test
