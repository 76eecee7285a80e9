// Rounds on a log that others write to as well.
#include <catch2/catch.hpp>
#include <condition_variable>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <semaphore>
#include <thread>

#include "engine/base/check.h"
#include "engine/codec/envelope.h"
#include "engine/replay/verify.h"
#include "tests/unit/runtime/memory_engine.h"

using namespace skein;
using namespace skein::test;
using runtime::Outcome;
using runtime::OutcomeKind;

namespace {

constexpr std::chrono::seconds kPatience{20};

// Commands sent at once, and their outcomes by place.
class Answers {
 public:
    Answers(runtime::Runtime& runtime, const std::vector<std::string>& commands,
            const std::shared_ptr<runtime::Sequence>& sequence = nullptr)
        : outcomes_(commands.size()) {
        for (std::size_t i = 0; i < commands.size(); ++i)
            runtime.submit_async(
                *runtime.parse(*json::parse(commands[i])),
                [this, i](Outcome outcome) {
                    const std::lock_guard lock(mutex_);
                    outcomes_[i] = std::move(outcome);
                    ++answered_;
                    all_.notify_all();
                },
                sequence);
    }
    const std::vector<Outcome>& wait() {
        std::unique_lock lock(mutex_);
        SKEIN_CHECK(
            all_.wait_for(lock, kPatience, [this] { return answered_ == outcomes_.size(); }),
            "only {} of {} answers", answered_, outcomes_.size());
        return outcomes_;
    }

 private:
    std::mutex mutex_;
    std::condition_variable all_;
    std::vector<Outcome> outcomes_;
    std::size_t answered_ = 0;
};

void check_whole(const RemoteEngine& engine, std::uint64_t events) {
    const auto report = replay::verify_log(engine.log, engine.codec, [](std::uint64_t) {});
    CHECK(report.findings.empty());
    CHECK(report.events == events);
}

// Holds the executor in an answer until everything is sent that shall meet in few rounds.
class HeldExecutor {
 public:
    explicit HeldExecutor(RemoteEngine& engine) {
        engine.runtime.submit_async(*engine.runtime.parse(*json::parse(create_swarm("held"))),
                                    [this](const Outcome&) {
                                        is_held_.release();
                                        go_on_.acquire();
                                    });
        is_held_.acquire();
    }
    void release() { go_on_.release(); }

 private:
    std::binary_semaphore is_held_{0};
    std::binary_semaphore go_on_{0};
};

// Holds the first append of the engine's log until it is let go.
class HeldAppend {
 public:
    explicit HeldAppend(RemoteEngine& engine) {
        engine.log.before_append = [this] {
            if (++appends_ > 1) return;
            is_held_.release();
            go_on_.acquire();
        };
    }
    void wait() { is_held_.acquire(); }
    void release() { go_on_.release(); }
    int appends() const { return appends_; }

 private:
    std::atomic<int> appends_{0};
    std::binary_semaphore is_held_{0};
    std::binary_semaphore go_on_{0};
};

}  // namespace

TEST_CASE("runtime: what somebody else wrote meanwhile is what is decided on [V-39][V-40]",
          "[runtime]") {
    RemoteEngine engine;
    engine.send(create_swarm("s1"));
    engine.send(start_run("s1", "r1"));
    runtime::Runtime other(
        {&engine.log, &engine.codec, &engine.folds, &engine.clock, &engine.random}, {});
    std::atomic<bool> is_armed{false};
    engine.log.before_append = [&] {
        if (!is_armed.exchange(false)) return;
        const Outcome ended = other.submit(*other.parse(
            *json::parse(R"({"type":"CompleteRun","swarm":"s1","run":"r1","data":{}})")));
        CHECK(ended.kind == OutcomeKind::kAccepted);
    };
    std::vector<std::string> commands;
    for (int i = 0; i < 60; ++i)
        commands.push_back(set_variable("s1", "r1", "k", std::to_string(i)));
    HeldExecutor held(engine);
    Answers answers(engine.runtime, commands);
    is_armed = true;
    held.release();
    for (const Outcome& outcome : answers.wait()) {
        REQUIRE(outcome.kind == OutcomeKind::kRejected);
        CHECK(outcome.rejection->code->name == "run-already-finished");
    }
    check_whole(engine, 4);
}

TEST_CASE("runtime: the next round is decided while one is being appended [V-39]", "[runtime]") {
    RemoteEngine engine;
    engine.send(create_swarm("s1"));
    engine.send(create_swarm("s2"));
    HeldAppend held(engine);
    Answers first(engine.runtime, {start_run("s1", "r1"), set_variable("s1", "r1", "k", "1")});
    held.wait();
    std::atomic<bool> is_deciding{false};
    engine.log.before_read = [&] { is_deciding = true; };
    // One of them rests on what is being appended, one asks for a stream that nobody holds.
    Answers second(engine.runtime, {set_variable("s1", "r1", "k", "2"), start_run("s2", "r9"),
                                    R"({"type":"CompleteRun","swarm":"s1","run":"r1"})",
                                    set_variable("s1", "r1", "k", "3")});
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!is_deciding && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(is_deciding);
    CHECK(held.appends() == 1);
    held.release();
    for (const Outcome& outcome : first.wait()) CHECK(outcome.kind == OutcomeKind::kAccepted);
    const std::vector<Outcome>& outcomes = second.wait();
    CHECK(outcomes[0].events.at(0).version == Version(3));
    CHECK(outcomes[1].kind == OutcomeKind::kAccepted);
    CHECK(outcomes[2].events.at(0).version == Version(4));
    REQUIRE(outcomes[3].kind == OutcomeKind::kRejected);
    CHECK(outcomes[3].rejection->code->name == "run-already-finished");
    check_whole(engine, 7);
}

TEST_CASE("runtime: what rested on a round that was refused is decided anew [V-39][V-40]",
          "[runtime]") {
    RemoteEngine engine;
    engine.send(create_swarm("s1"));
    engine.send(start_run("s1", "r1"));
    runtime::Runtime other(
        {&engine.log, &engine.codec, &engine.folds, &engine.clock, &engine.random}, {});
    HeldAppend held(engine);
    Answers first(engine.runtime, {set_variable("s1", "r1", "k", "1")});
    held.wait();
    Answers second(engine.runtime,
                   {set_variable("s1", "r1", "k", "2"), set_variable("s1", "r1", "k", "3")});
    const Outcome between =
        other.submit(*other.parse(*json::parse(set_variable("s1", "r1", "k", "0"))));
    CHECK(between.events.at(0).version == Version(2));
    held.release();
    CHECK(first.wait()[0].events.at(0).version == Version(3));
    CHECK(second.wait()[0].events.at(0).version == Version(4));
    CHECK(second.wait()[1].events.at(0).version == Version(5));
    check_whole(engine, 6);
}

TEST_CASE(
    "runtime: where an answer cannot be read, the command is unknown and may be sent again "
    "[V-39]",
    "[runtime]") {
    RemoteEngine engine;
    engine.send(create_swarm("s1"));
    HeldExecutor held(engine);
    Answers answers(engine.runtime, {start_run("s1", "r1"), create_swarm("s1")});
    std::atomic<bool> is_gone{true};
    engine.log.before_read = [&] {
        if (!is_gone || engine.log.stream_head(Stream("swarm/s1/run/r1")) == Version(0)) return;
        throw Fault(FaultKind::kUnavailable, "the log is gone", "Start it.");
    };
    held.release();
    CHECK(answers.wait()[0].kind == OutcomeKind::kAccepted);
    const Outcome& lost = answers.wait()[1];
    CHECK(lost.kind == OutcomeKind::kUnknown);
    CHECK(lost.detail.find("the log is gone") != std::string::npos);
    is_gone = false;
    CHECK(engine.send(create_swarm("s1")).kind == OutcomeKind::kRejected);
    check_whole(engine, 3);
}

// Producers whose commands keep their order, on two engines that write to the same runs: whatever
// is refused is sent again, and at the end each command stands once, those of a producer in order.
TEST_CASE("runtime: two writers of one log lose nothing, double nothing and keep orders [V-39]",
          "[runtime]") {
    constexpr int kProducers = 4;
    constexpr int kCommands = 400;
    constexpr int kRuns = 3;
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << '\n';
    INFO("seed " << seed);
    runtime::RuntimeOptions small = overlapping();
    small.round_commands_max = 20;
    RemoteEngine engine(small);
    engine.log.before_append = [] { std::this_thread::sleep_for(std::chrono::microseconds(100)); };
    for (int s = 0; s < kRuns; ++s) {
        engine.send(create_swarm(fmt::format("s{}", s)));
        engine.send(start_run(fmt::format("s{}", s), "r"));
    }
    runtime::Runtime other(
        {&engine.log, &engine.codec, &engine.folds, &engine.clock, &engine.random}, small);
    std::vector<std::thread> producers;
    std::atomic<int> rounds{0};
    for (int p = 0; p < kProducers; ++p) {
        producers.emplace_back([&, p] {
            std::mt19937_64 dice(seed + static_cast<std::uint64_t>(p));
            SeededRandom ids(seed + 100 + static_cast<std::uint64_t>(p));
            runtime::Runtime& mine = p % 2 == 0 ? engine.runtime : other;
            std::vector<std::string> left;
            for (int i = 0; i < kCommands; ++i) {
                const std::string command = set_variable(fmt::format("s{}", dice() % kRuns), "r",
                                                         fmt::format("p{}", p), std::to_string(i));
                left.push_back(
                    fmt::format(R"({{"command_id":"{}",{})", ids.uuid().str(), command.substr(1)));
            }
            while (!left.empty()) {
                ++rounds;
                Answers answers(mine, left, std::make_shared<runtime::Sequence>());
                const std::vector<Outcome>& outcomes = answers.wait();
                std::vector<std::string> again;
                for (std::size_t i = 0; i < outcomes.size(); ++i)
                    if (outcomes[i].kind != OutcomeKind::kAccepted) again.push_back(left[i]);
                left = std::move(again);
            }
        });
    }
    for (std::thread& producer : producers) producer.join();
    check_whole(engine, kRuns * 2 + kProducers * kCommands);
    // Within a run, each producer's values only grow.
    for (int s = 0; s < kRuns; ++s) {
        std::map<std::string, std::int64_t> last;
        engine.log.scan_stream(Stream(fmt::format("swarm/s{}/run/r", s)), Version(1),
                               [&](const log::EventView& view) {
                                   const auto event = codec::decode_event(view.bytes, engine.codec);
                                   REQUIRE(event);
                                   const json::Value data = event->event.body->data();
                                   const json::Value update = *data.find("updates")->at(0);
                                   const std::string key = *update.find("key")->as_string();
                                   const std::int64_t value = *update.find("value")->as_integer();
                                   CHECK(value >= last[key]);
                                   last[key] = value;
                                   return true;
                               });
    }
    std::cout << rounds << " sendings of " << kProducers << " producers\n";
}
