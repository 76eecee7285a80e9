#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <mutex>
#include <semaphore>
#include <thread>

#include "engine/base/fault.h"
#include "engine/codec/envelope.h"
#include "engine/replay/verify.h"
#include "tests/model/tampered_log.h"
#include "tests/unit/runtime/memory_engine.h"

using namespace skein;
using namespace skein::test;
using runtime::Outcome;
using runtime::OutcomeKind;

namespace {

std::string code_of(const Outcome& outcome) {
    return outcome.rejection ? std::string(outcome.rejection->code->name) : "accepted";
}

std::string with_id(std::string_view command, std::string_view id) {
    return fmt::format(R"({{"command_id":"{}",{})", id, command.substr(1));
}

constexpr std::string_view kIdA = "0192f0c1-2345-4678-9abc-def012345678";

}  // namespace

TEMPLATE_TEST_CASE("runtime: an accepted command names its events, dense and in order [V-170]",
                   "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    REQUIRE(engine.send(create_swarm("s1")).kind == OutcomeKind::kAccepted);
    const Outcome started = engine.send(start_run("s1", "r1"));
    REQUIRE(started.kind == OutcomeKind::kAccepted);
    REQUIRE(started.events.size() == 1);
    CHECK(started.events[0].stream == Stream("swarm/s1/run/r1"));
    CHECK(started.events[0].version == Version(1));
    CHECK(started.events[0].position == Position(2));
    const Outcome set = engine.send(set_variable("s1", "r1", "budget", "120"));
    CHECK(set.events[0].version == Version(2));
    CHECK(set.events[0].position == Position(3));
    const auto state = engine.folds.latest(Stream("swarm/s1/run/r1"));
    CHECK(state->values(Timestamp{}).text() == R"({"intermediate":{},"variables":{"budget":120}})");
}

TEMPLATE_TEST_CASE("runtime: a repeated command id gets its first result, accepted or refused now",
                   "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    engine.send(create_swarm("s1"));
    engine.send(start_run("s1", "r1"));
    const std::string complete = with_id(R"({"type":"CompleteRun","swarm":"s1","run":"r1"})", kIdA);
    const Outcome first = engine.send(complete);
    REQUIRE(first.kind == OutcomeKind::kAccepted);
    CHECK_FALSE(first.is_duplicate);
    // By the rules the run has ended; by idempotency the answer is the first one.
    const Outcome again = engine.send(complete);
    REQUIRE(again.kind == OutcomeKind::kAccepted);
    CHECK(again.is_duplicate);
    REQUIRE(again.events.size() == first.events.size());
    CHECK(again.events[0].stream == first.events[0].stream);
    CHECK(again.events[0].position == first.events[0].position);
    CHECK(code_of(engine.send(R"({"type":"CompleteRun","swarm":"s1","run":"r1"})")) != "accepted");
}

TEMPLATE_TEST_CASE(
    "runtime: the offset of a command from a topic is kept with its events alone [V-117]",
    "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    const Stream stream("swarm/s1");
    const Shard shard = log::shard_of(engine.log, stream);
    const Epoch epoch = engine.log.head(shard).epoch;
    const auto term = std::make_shared<runtime::IntakeTerm>(epoch, 3);
    const auto take = [&](const std::string& text, const std::shared_ptr<runtime::IntakeTerm>& of,
                          std::uint64_t offset) {
        std::promise<Outcome> answer;
        auto command = engine.runtime.parse(*json::parse(text));
        REQUIRE(command);
        REQUIRE(engine.runtime.submit_taken(
            std::move(*command), [&](Outcome outcome) { answer.set_value(std::move(outcome)); },
            {of, offset}));
        return answer.get_future().get();
    };
    const auto kept = [&] {
        const auto point = engine.log.intake_point(shard);
        return point ? fmt::format("{}/{}", point->next, point->told) : "none";
    };

    CHECK(take(create_swarm("s1"), term, 7).kind == OutcomeKind::kAccepted);
    CHECK(kept() == "8/3");
    term->told = 8;
    CHECK(take(start_run("s1", "r1"), term, 9).kind == OutcomeKind::kAccepted);
    CHECK(kept() == "10/8");
    engine.send(start_run("s1", "r2"));
    CHECK(kept() == "10/8");

    // A refusal keeps nothing, and nothing of its term is tried behind it.
    CHECK(code_of(take(create_swarm("s1"), term, 10)) == "already-exists");
    const Outcome behind = take(start_run("s1", "r3"), term, 11);
    CHECK(behind.kind == OutcomeKind::kUnknown);
    CHECK(kept() == "10/8");

    // Who lost the shard decides nothing, and who has it anew goes on.
    const auto before = std::make_shared<runtime::IntakeTerm>(epoch, 8);
    const auto after = std::make_shared<runtime::IntakeTerm>(engine.log.take_over(shard), 8);
    CHECK(take(start_run("s1", "r3"), before, 11).kind == OutcomeKind::kUnknown);
    CHECK(engine.log.stream_head(Stream("swarm/s1/run/r3")) == Version(0));
    CHECK(take(start_run("s1", "r3"), after, 11).kind == OutcomeKind::kAccepted);
    CHECK(kept() == "12/8");
}

TEMPLATE_TEST_CASE(
    "runtime: rejections of a topic are answered together, up to what would be accepted [V-117]",
    "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    engine.send(create_swarm("s1"));
    const Shard shard = log::shard_of(engine.log, Stream("swarm/s1"));
    const auto term = std::make_shared<runtime::IntakeTerm>(engine.log.head(shard).epoch, 0);
    std::mutex mutex;
    std::vector<std::string> answers;
    std::binary_semaphore is_led{0};
    std::binary_semaphore go_on{0};
    // While one is being answered the others wait for one round.
    engine.runtime.submit_async(*engine.runtime.parse(*json::parse(create_swarm("s2"))),
                                [&](const Outcome&) {
                                    is_led.release();
                                    go_on.acquire();
                                });
    is_led.acquire();
    std::uint64_t offset = 0;
    for (const std::string& text :
         {start_run("s1", "r1"), create_swarm("s1"), create_swarm("s1"),
          set_variable("s1", "r9", "a", "1"), start_run("s1", "r2"), create_swarm("s1")}) {
        REQUIRE(engine.runtime.submit_taken(
            *engine.runtime.parse(*json::parse(text)),
            [&](const Outcome& outcome) {
                const std::lock_guard lock(mutex);
                answers.push_back(outcome.kind == OutcomeKind::kUnknown ? "not tried"
                                                                        : code_of(outcome));
            },
            {term, offset++}));
    }
    go_on.release();
    engine.runtime.stop();
    CHECK(answers == std::vector<std::string>{"accepted", "already-exists", "already-exists",
                                              "run-not-found", "not tried", "not tried"});
    CHECK(engine.log.intake_point(shard)->next == 1);
    CHECK(engine.log.stream_head(Stream("swarm/s1/run/r2")) == Version(0));
}

TEMPLATE_TEST_CASE("runtime: what became of a command before is known without deciding it [V-117]",
                   "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    const std::string create = with_id(create_swarm("s1"), kIdA);
    const auto command = engine.runtime.parse(*json::parse(create));
    REQUIRE(command);
    CHECK_FALSE(engine.runtime.known_outcome(*command));
    engine.send(create);
    const auto known = engine.runtime.known_outcome(*command);
    REQUIRE(known);
    CHECK(known->kind == OutcomeKind::kAccepted);
    CHECK(known->is_duplicate);
    CHECK(known->events.size() == 1);
}

TEMPLATE_TEST_CASE("runtime: a command id with other content is refused", "[runtime]", MemoryEngine,
                   RemoteEngine) {
    TestType engine;
    engine.send(create_swarm("s1"));
    engine.send(start_run("s1", "r1"));
    REQUIRE(engine.send(with_id(set_variable("s1", "r1", "a", "1"), kIdA)).kind ==
            OutcomeKind::kAccepted);
    CHECK(code_of(engine.send(with_id(set_variable("s1", "r1", "a", "2"), kIdA))) ==
          "command-id-reused");
    // The same id in another scope is another command.
    engine.send(create_swarm("s2"));
    engine.send(start_run("s2", "r1"));
    CHECK(code_of(engine.send(with_id(set_variable("s2", "r1", "a", "2"), kIdA))) == "accepted");
}

TEMPLATE_TEST_CASE("runtime: a rejected command leaves no receipt and may be sent again",
                   "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    engine.send(create_swarm("s1"));
    const std::string start = with_id(set_variable("s1", "r1", "a", "1"), kIdA);
    CHECK(code_of(engine.send(start)) != "accepted");
    engine.send(start_run("s1", "r1"));
    CHECK(code_of(engine.send(start)) == "accepted");
}

TEMPLATE_TEST_CASE(
    "runtime: a stale expected version is a conflict that names both versions [V-39][V-40]",
    "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    engine.send(create_swarm("s1"));
    engine.send(start_run("s1", "r1"));
    const std::string update =
        R"({"type":"UpdateContext","swarm":"s1","run":"r1","expected_version":1,)"
        R"("data":{"updates":[{"key":"a","op":"set","value":1}]}})";
    REQUIRE(code_of(engine.send(update)) == "accepted");
    const Outcome second = engine.send(update);
    REQUIRE(code_of(second) == "version-conflict");
    CHECK(second.rejection->context.find("actual")->text() == "2");
    CHECK(second.rejection->context.find("expected")->text() == "1");
}

TEMPLATE_TEST_CASE("runtime: recorded times never go back within a shard, whatever the clock does",
                   "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    engine.send(create_swarm("s1"));
    engine.clock.time.us -= 3'600'000'000;
    engine.send(start_run("s1", "r1"));
    engine.clock.time.us += 10;
    engine.send(set_variable("s1", "r1", "a", "1"));
    const auto report = replay::verify_log(engine.log, engine.codec, [](std::uint64_t) {});
    CHECK(report.events == 3);
    CHECK(report.findings.empty());
}

TEMPLATE_TEST_CASE(
    "runtime: many threads lose nothing, double nothing, and keep versions dense [V-39]",
    "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    constexpr int kThreads = 8;
    constexpr int kEach = 200;
    engine.send(create_swarm("s1"));
    for (int t = 0; t < kThreads; ++t) engine.send(start_run("s1", fmt::format("r{}", t)));
    std::atomic<int> accepted{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kEach; ++i) {
                // Half of the commands meet on one run, half stay apart.
                const std::string run = i % 2 == 0 ? "r0" : fmt::format("r{}", t);
                const Outcome outcome =
                    engine.send(set_variable("s1", run, fmt::format("k{}", t), std::to_string(i)));
                if (outcome.kind == OutcomeKind::kAccepted) ++accepted;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(accepted == kThreads * kEach);
    const auto report = replay::verify_log(engine.log, engine.codec, [](std::uint64_t) {});
    CHECK(report.findings.empty());
    CHECK(report.events == 1 + kThreads + kThreads * kEach);
}

TEMPLATE_TEST_CASE(
    "runtime: a sequence stops behind its first rejection, across one round and several",
    "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    engine.send(create_swarm("s1"));
    engine.send(start_run("s1", "r1"));
    const auto sequence = std::make_shared<runtime::Sequence>();
    std::vector<std::string> commands;
    for (int i = 0; i < 10; ++i)
        commands.push_back(set_variable("s1", i == 4 ? "nobody" : "r1", "k", std::to_string(i)));
    std::mutex mutex;
    std::condition_variable all;
    std::vector<OutcomeKind> kinds(commands.size());
    std::size_t answered = 0;
    for (std::size_t i = 0; i < commands.size(); ++i) {
        auto command = engine.runtime.parse(*json::parse(commands[i]));
        REQUIRE(command);
        engine.runtime.submit_async(
            std::move(*command),
            [&, i](Outcome outcome) {
                const std::lock_guard lock(mutex);
                kinds[i] = outcome.kind;
                ++answered;
                all.notify_all();
            },
            sequence);
    }
    std::unique_lock lock(mutex);
    all.wait(lock, [&] { return answered == commands.size(); });
    for (std::size_t i = 0; i < commands.size(); ++i) {
        const OutcomeKind expected = i < 4    ? OutcomeKind::kAccepted
                                     : i == 4 ? OutcomeKind::kRejected
                                              : OutcomeKind::kUnknown;
        CHECK(kinds[i] == expected);
    }
    CHECK(engine.log.stream_head(Stream("swarm/s1/run/r1")) == Version(5));
}

TEMPLATE_TEST_CASE("runtime: points that a round itself made are found after its append [V-26]",
                   "[runtime]", MemoryEngine, RemoteEngine) {
    // All sent at once, so that they meet in one round.
    TestType engine;
    const std::vector<std::string> commands{
        create_swarm("s1"),
        start_run("s1", "r1"),
        set_variable("s1", "r1", "a", "1"),
        R"({"type":"TagRun","swarm":"s1","run":"r1","data":{"name":"t"}})",
        set_variable("s1", "r1", "a", "2"),
        R"({"type":"ForkRun","swarm":"s1","run":"r2","data":{"source":"r1","at":"@tag:t"}})",
        R"({"type":"ForkRun","swarm":"s1","run":"r3","data":{"source":"r1","at":"@pos:5"}})",
        R"({"type":"RestoreRun","swarm":"s1","run":"r1","data":{"to":"@2"}})",
    };
    std::mutex mutex;
    std::condition_variable all;
    std::size_t accepted = 0;
    std::size_t answered = 0;
    for (const std::string& text : commands) {
        auto command = engine.runtime.parse(*json::parse(text));
        REQUIRE(command);
        engine.runtime.submit_async(std::move(*command), [&](Outcome outcome) {
            const std::lock_guard lock(mutex);
            accepted += outcome.kind == OutcomeKind::kAccepted ? 1 : 0;
            ++answered;
            all.notify_all();
        });
    }
    std::unique_lock lock(mutex);
    all.wait(lock, [&] { return answered == commands.size(); });
    CHECK(accepted == commands.size());
    const auto value_of = [&](std::string_view run) {
        return engine.folds.latest(Stream(fmt::format("swarm/s1/run/{}", run)))
            ->values(Timestamp{})
            .find("variables")
            ->text();
    };
    CHECK(value_of("r2") == R"({"a":1})");
    CHECK(value_of("r3") == R"({"a":2})");
    CHECK(value_of("r1") == R"({"a":1})");
}

TEST_CASE("runtime: a rejected command is not answered with what a later one of its id got [V-170]",
          "[runtime]") {
    std::atomic<bool> is_gated{true};
    RemoteEngine engine;
    // Holds the first round up, so that all that follows meets in the second.
    engine.log.before_append = [&] {
        while (is_gated) std::this_thread::yield();
    };
    const std::string start = with_id(start_run("s1", "r1"), kIdA);
    std::mutex mutex;
    std::condition_variable all;
    std::map<std::size_t, std::string> codes;
    const std::vector<std::string> commands{create_swarm("s2"), start, create_swarm("s1"), start};
    for (std::size_t i = 0; i < commands.size(); ++i) {
        auto command = engine.runtime.parse(*json::parse(commands[i]));
        REQUIRE(command);
        engine.runtime.submit_async(std::move(*command), [&, i](const Outcome& outcome) {
            const std::lock_guard lock(mutex);
            codes[i] = outcome.is_duplicate ? "duplicate" : code_of(outcome);
            all.notify_all();
        });
    }
    is_gated = false;
    std::unique_lock lock(mutex);
    all.wait(lock, [&] { return codes.size() == commands.size(); });
    CHECK(codes[1] == "swarm-not-found");
    CHECK(codes[2] == "accepted");
    CHECK(codes[3] == "accepted");
}

TEST_CASE("runtime: a full queue answers overloaded and keeps what it took", "[runtime]") {
    runtime::RuntimeOptions options;
    options.queue_commands_max = 4;
    MemoryEngine engine(options);
    engine.send(create_swarm("s1"));
    std::mutex gate;
    std::unique_lock closed(gate);
    std::atomic<int> overloaded{0};
    std::atomic<int> answered{0};
    constexpr int kSent = 64;
    for (int i = 0; i < kSent; ++i) {
        auto command = engine.runtime.parse(*json::parse(start_run("s1", fmt::format("r{}", i))));
        REQUIRE(command);
        engine.runtime.submit_async(std::move(*command), [&](Outcome outcome) {
            if (code_of(outcome) == "overloaded") {
                ++overloaded;
            } else {
                // The first answer holds the executor until everything is sent.
                const std::lock_guard wait(gate);
            }
            ++answered;
        });
    }
    CHECK(overloaded >= kSent - 9);  // at most one round and one queue are taken
    closed.unlock();
    engine.runtime.stop();
    CHECK(answered == kSent);
}

TEMPLATE_TEST_CASE("runtime: what is broken in one shard rejects no command of another [V-172]",
                   "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    std::string other = "s2";
    const auto shard_of = [&](const std::string& swarm) {
        return log::shard_of(engine.log, Stream("swarm/" + swarm));
    };
    while (shard_of(other) == shard_of("s1")) other += "x";
    for (const std::string& swarm : {std::string("s1"), other})
        REQUIRE(code_of(engine.send(create_swarm(swarm))) == "accepted");
    TamperedLog broken(engine.log, shard_of("s1"));
    broken.rows()[0].event.bytes = "no event";
    replay::LogStates folds(broken, engine.codec, replay::Snapshots::kIgnore);
    runtime::Runtime runtime({&broken, &engine.codec, &folds, &engine.clock, &engine.random}, {});
    std::map<std::string, std::string> codes;
    std::mutex mutex;
    std::atomic<int> answered{0};
    for (int i = 0; i < 20; ++i) {
        const std::string swarm = i % 2 == 0 ? "s1" : other;
        auto command = runtime.parse(*json::parse(start_run(swarm, fmt::format("r{}", i))));
        REQUIRE(command);
        runtime.submit_async(std::move(*command), [&, swarm](const Outcome& outcome) {
            const std::lock_guard lock(mutex);
            codes[swarm + " " + std::string(code_of(outcome))] += "x";
            ++answered;
        });
    }
    runtime.stop();
    CHECK(answered == 20);
    CHECK(codes.size() == 2);
    CHECK(codes["s1 read-only"].size() == 10);
    CHECK(codes[other + " accepted"].size() == 10);
}

TEMPLATE_TEST_CASE("runtime: a preview of a command that was taken tells its first result",
                   "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    engine.send(create_swarm("s1"));
    engine.send(start_run("s1", "r1"));
    const std::string tag =
        with_id(R"({"type":"TagRun","swarm":"s1","run":"r1","data":{"name":"t"}})", kIdA);
    const Outcome first = engine.send(tag);
    const auto preview = [&engine](const std::string& text) {
        return engine.runtime.preview(*engine.runtime.parse(*json::parse(text))).outcome;
    };
    const Outcome again = preview(tag);
    CHECK(code_of(again) == "accepted");
    CHECK(again.is_duplicate);
    REQUIRE(again.events.size() == 1);
    CHECK(again.events[0].position == first.events[0].position);
    const std::string other =
        with_id(R"({"type":"TagRun","swarm":"s1","run":"r1","data":{"name":"u"}})", kIdA);
    CHECK(code_of(preview(other)) == "command-id-reused");
    CHECK(code_of(preview(R"({"type":"TagRun","swarm":"s1","run":"r1","data":{"name":"t"}})")) ==
          "name-taken");
}

TEMPLATE_TEST_CASE("runtime: a preview tells the outcome and changes nothing", "[runtime]",
                   MemoryEngine, RemoteEngine) {
    TestType engine;
    engine.send(create_swarm("s1"));
    auto start = engine.runtime.parse(*json::parse(start_run("s1", "r1")));
    REQUIRE(start);
    const runtime::Preview preview = engine.runtime.preview(*start);
    CHECK(preview.outcome.kind == OutcomeKind::kAccepted);
    REQUIRE(preview.events.size() == 1);
    CHECK(preview.events[0].body->type().name == "RunStarted");
    CHECK(engine.log.stream_head(Stream("swarm/s1/run/r1")) == Version(0));
}

TEMPLATE_TEST_CASE("runtime: an event above its limit is refused and half of nothing is written",
                   "[runtime]", MemoryEngine, RemoteEngine) {
    runtime::RuntimeOptions options;
    options.limits.event_bytes_max = 2000;
    TestType engine(options);
    engine.send(create_swarm("s1"));
    engine.send(start_run("s1", "r1"));
    const std::string big = fmt::format("\"{}\"", std::string(3000, 'x'));
    CHECK(code_of(engine.send(set_variable("s1", "r1", "a", big))) == "event-too-large");
    CHECK(engine.log.stream_head(Stream("swarm/s1/run/r1")) == Version(1));
    CHECK(code_of(engine.send(set_variable("s1", "r1", "a", "1"))) == "accepted");
}

TEMPLATE_TEST_CASE(
    "runtime: long and critical runs leave recovery points that fold to the same [V-20]",
    "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    engine.send(create_swarm("s1"));
    engine.send(
        R"({"type":"StartRun","swarm":"s1","run":"r1","data":{"routine":{"id":"x","critical":true}}})");
    engine.send(start_run("s1", "r2"));
    for (int i = 0; i < 1100; ++i) engine.send(set_variable("s1", "r2", "a", std::to_string(i)));
    engine.send(R"({"type":"CheckpointRun","swarm":"s1","run":"r1","data":{"name":"c"}})");
    engine.runtime.drain_snapshots();
    const Stream critical("swarm/s1/run/r1");
    const Stream longer("swarm/s1/run/r2");
    REQUIRE(engine.log.find_snapshot(critical, Version(100)));
    REQUIRE(engine.log.find_snapshot(longer, Version(5000)));
    CHECK(engine.log.find_snapshot(longer, Version(5000))->version >= Version(1000));
    const replay::LogStates snapshots(engine.log, engine.codec, replay::Snapshots::kUse);
    for (const Stream& stream : {critical, longer}) {
        CHECK(snapshots.latest(stream)->document({}) == engine.folds.latest(stream)->document({}));
        CHECK(snapshots.latest(stream)->digest() == engine.folds.latest(stream)->digest());
    }
}

TEMPLATE_TEST_CASE(
    "runtime: a step works on the context at its version, and its updates are events [V-10]",
    "[runtime]", MemoryEngine, RemoteEngine) {
    TestType engine;
    const Stream run("swarm/s1/run/r1");
    const auto values_at = [&](Version version) {
        return engine.folds.at(run, version)->values(Timestamp{}).text();
    };
    const auto type_of = [&](const runtime::OutcomeEvent& place) {
        const auto stored = engine.log.read(place.shard, place.position);
        REQUIRE(stored);
        return std::string(codec::decode_head(stored->bytes)->type);
    };
    // What the step returns, for the version of the context that it rests on.
    const auto returned = [&](Version base) {
        return engine.send(fmt::format(
            R"({{"type":"UpdateContext","swarm":"s1","run":"r1","expected_version":{},"data":{{"updates":[
                {{"key":"budget","op":"set","value":90,"source":"step"}},
                {{"key":"seats","op":"append","value":"12A","source":"step"}}]}}}})",
            base.value()));
    };
    engine.send(create_swarm("s1"));
    engine.send(start_run("s1", "r1"));
    engine.send(set_variable("s1", "r1", "budget", "120"));
    const Outcome started =
        engine.send(R"({"type":"StartStep","swarm":"s1","run":"r1","data":{"step":"price"}})");
    REQUIRE(started.kind == OutcomeKind::kAccepted);
    const Version given = started.events[0].version;
    CHECK(values_at(given) == R"({"intermediate":{},"variables":{"budget":120}})");

    // Another writer is in between: the step learns that its context is old.
    engine.send(set_variable("s1", "r1", "budget", "200"));
    CHECK(code_of(returned(given)) == "version-conflict");
    CHECK(values_at(given) == R"({"intermediate":{},"variables":{"budget":120}})");
    const Version current = engine.folds.latest(run)->version();
    const Outcome updated = returned(current);
    REQUIRE(updated.kind == OutcomeKind::kAccepted);
    REQUIRE(updated.events.size() == 1);
    CHECK(type_of(updated.events[0]) == "ContextUpdated");
    CHECK(values_at(current) == R"({"intermediate":{},"variables":{"budget":200}})");
    CHECK(values_at(updated.events[0].version) ==
          R"({"intermediate":{},"variables":{"budget":90,"seats":["12A"]}})");

    const Outcome ended = engine.send(
        R"({"type":"CompleteStep","swarm":"s1","run":"r1","data":{"step":"price","output":{"fare":90}}})");
    REQUIRE(ended.kind == OutcomeKind::kAccepted);
    CHECK(type_of(ended.events[0]) == "StepCompleted");
    CHECK(values_at(ended.events[0].version) ==
          R"({"intermediate":{"price":{"fare":90}},"variables":{"budget":90,"seats":["12A"]}})");
    const auto document = json::parse(engine.folds.latest(run)->document(Timestamp{}).text());
    REQUIRE(document);
    const auto seats = document->find("variables")->find("seats");
    REQUIRE(seats);
    CHECK(seats->find("source")->text() == "\"step\"");
}
