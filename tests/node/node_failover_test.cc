// A node dies over a store of many runs, while the views of those that are left are far behind.
// SKEIN_FAILOVER_RUNS=1000000 makes the store that figures are told of; the default is a small one.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>

#include "tests/node/node_history.h"
#include "tests/servers/postgres_server.h"

namespace skein::node::test {

namespace {

using skein::test::PostgresServer;
using std::chrono::steady_clock;

constexpr std::uint64_t kShards = 16;
constexpr std::size_t kEventsPerRun = 10;
constexpr std::size_t kRunsPerSwarm = 100;
constexpr std::size_t kOutstanding = 4096;
constexpr std::chrono::seconds kFailoverMax{5};

std::size_t wanted_runs() {
    const char* const runs = std::getenv("SKEIN_FAILOVER_RUNS");
    return runs == nullptr ? 2000 : std::stoul(runs);
}

// Command `step` of run number `run`: it is started, then changed.
std::string command_of(std::size_t run, std::size_t step) {
    const std::string run_name =
        fmt::format(R"("swarm":"s{}","run":"r{}")", run / kRunsPerSwarm, run % kRunsPerSwarm);
    if (step == 0) return fmt::format(R"({{"type":"StartRun",{}}})", run_name);
    return fmt::format(R"({{"type":"UpdateContext",{},"data":{{"updates":)"
                       R"([{{"key":"k{}","op":"set","value":"{:0100}"}}]}}}})",
                       run_name, step, run);
}

// Sends in order, with many under way; every one must be accepted.
class Filling {
 public:
    explicit Filling(Store& store) : store_(store) {}

    void send(const std::string& command) {
        {
            std::unique_lock lock(mutex_);
            answered_.wait(lock, [this] { return under_way_ < kOutstanding; });
            ++under_way_;
        }
        store_.submit_async(command, [this](const Outcome& outcome) {
            const std::lock_guard lock(mutex_);
            if (outcome.kind != OutcomeKind::kAccepted && refused_.empty())
                refused_ = runtime::outcome_document(outcome).text();
            --under_way_;
            answered_.notify_one();
        });
    }
    // The first that was not accepted.
    std::string wait() {
        std::unique_lock lock(mutex_);
        answered_.wait(lock, [this] { return under_way_ == 0; });
        return refused_;
    }

 private:
    Store& store_;
    std::mutex mutex_;
    std::condition_variable answered_;
    std::size_t under_way_ = 0;
    std::string refused_;
};

void fill(const std::string& dsn, std::size_t runs) {
    const skein::test::TempDirectory directory;
    StoreOptions options;
    options.directory = directory.path();
    options.projecting = Projecting::kOnDemand;
    options.postgres.emplace().connect.dsn = dsn;
    const auto store = Store::open(options);
    Filling filling(*store);
    for (std::size_t first = 0; first < runs; first += kRunsPerSwarm) {
        filling.send(create_command(fmt::format("s{}", first / kRunsPerSwarm)));
        for (std::size_t step = 0; step < kEventsPerRun; ++step)
            for (std::size_t run = first; run < std::min(runs, first + kRunsPerSwarm); ++run)
                filling.send(command_of(run, step));
    }
    REQUIRE(filling.wait() == "");
}

double seconds_since(steady_clock::time_point begin) {
    return std::chrono::duration<double>(steady_clock::now() - begin).count();
}

}  // namespace

TEST_CASE(
    "node: a dead one's shards take commands while the views of the others are far behind "
    "[V-172]",
    "[node]") {
    const std::size_t runs = wanted_runs();
    const std::string dsn = PostgresServer::shared().create_database();
    make_store(dsn);
    const auto begun = steady_clock::now();
    fill(dsn, runs);
    Guest guest(dsn);
    const std::uint64_t events = guest.events();
    std::cout << fmt::format("{} runs, {} events, made in {:.0f} s\n", runs, events,
                             seconds_since(begun));

    // All of them are new, so their views begin with the first event.
    auto one = std::make_unique<ServeProcess>(ServeOptions{dsn, {}, "2s"});
    const ServeProcess two({dsn, {}, "2s"});
    const ServeProcess three({dsn, {}, "2s"});
    REQUIRE(comes_true([&] {
        return one->owned() >= kShards / 3 && one->owned() + two.owned() + three.owned() == kShards;
    }));
    std::cout << fmt::format("the views of the others lack {} and {} events\n",
                             events - two.metric("skein_projector_position_events").value_or(0),
                             events - three.metric("skein_projector_position_events").value_or(0));
    one->kill();
    const auto killed = steady_clock::now();
    const std::size_t swarms = (runs + kRunsPerSwarm - 1) / kRunsPerSwarm;
    double last = 0;
    std::size_t sent = 0;
    for (std::size_t swarm = 0; swarm < std::min<std::size_t>(swarms, 100); ++swarm) {
        const std::string command = command_of(swarm * kRunsPerSwarm, 1);
        const auto is_accepted = [&] {
            return two.send(command) == "accepted" || three.send(command) == "accepted";
        };
        REQUIRE(comes_true(is_accepted));
        last = seconds_since(killed);
        ++sent;
    }
    std::cout << fmt::format(
        "{} swarms took a command each, the last one {:.1f} s after the kill\n", sent, last);
    CHECK(last < std::chrono::duration<double>(kFailoverMax).count());
    CHECK(guest.events() == events + sent);
}

}  // namespace skein::node::test
