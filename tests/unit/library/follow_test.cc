#include "tools/library/follow.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "engine/base/fault.h"
#include "tests/contract/temp_directory.h"

using namespace skein;

namespace {

bool is_accepted(Store& store, std::string_view command) {
    return store.submit(command).kind == OutcomeKind::kAccepted;
}

// A store with one run.
std::unique_ptr<Store> open_with_run(const std::string& directory) {
    StoreOptions options;
    options.directory = directory;
    auto store = Store::open(options);
    REQUIRE(is_accepted(*store, R"({"type":"CreateSwarm","swarm":"s1"})"));
    REQUIRE(is_accepted(*store, R"({"type":"StartRun","swarm":"s1","run":"r1"})"));
    return store;
}

}  // namespace

TEST_CASE("follow: events of the stream are told once and in order, as others append them",
          "[library]") {
    constexpr std::uint64_t kEvents = 40;
    const skein::test::TempDirectory directory;
    const auto store = open_with_run(directory.path() + "/store");
    std::atomic<std::uint64_t> told{0};
    std::atomic<bool> is_dense{true};
    std::thread writer([&] {
        for (std::uint64_t i = 1; i < kEvents; ++i) {
            is_accepted(*store,
                        R"({"type":"UpdateContext","swarm":"s1","run":"r1","data":{"updates":)"
                        R"([{"key":"n","op":"set","value":1}]}})");
            // Of the same scope, and of others: not of this stream.
            is_accepted(*store, R"({"type":"UpdateSwarm","swarm":"s1","data":{"goal":"x"}})");
            is_accepted(*store, R"({"type":"CreateSwarm","swarm":"o)" + std::to_string(i) + "\"}");
        }
    });
    const Stream stream("swarm/s1/run/r1");
    const Version last = follow(*store, {stream, Version(0), [&] { return told == kEvents; }},
                                [&](const log::EventView& view) {
                                    ++told;
                                    const auto expected =
                                        store->log().position_of(stream, Version(told));
                                    if (expected != view.position) is_dense = false;
                                });
    writer.join();
    CHECK(told == kEvents);
    CHECK(is_dense);
    CHECK(last == Version(kEvents));
    // From a version on, and ended by an interruption while nothing comes.
    std::atomic<bool> is_stopped{false};
    std::atomic<int> more{0};
    std::thread follower([&] {
        follow(*store, {stream, Version(kEvents - 2), [&] { return is_stopped.load(); }},
               [&](const log::EventView&) { ++more; });
    });
    while (more < 2) std::this_thread::yield();
    is_stopped = true;
    store->log().interrupt_waiters();
    follower.join();
    CHECK(more == 2);
}

TEST_CASE("follow: beside the process that holds the store, its events are told once and in order",
          "[library]") {
    constexpr std::uint64_t kEvents = 60;
    const skein::test::TempDirectory directory;
    const auto store = open_with_run(directory.path() + "/store");
    std::atomic<std::uint64_t> told{0};
    std::thread writer([&] {
        const std::string value(100'000, 'x');
        for (std::uint64_t i = 1; i < kEvents; ++i) {
            is_accepted(*store,
                        R"({"type":"UpdateContext","swarm":"s1","run":"r1","data":{"updates":)"
                        R"([{"key":"n","op":"set","value":")" +
                            value + R"("}]}})");
            if (i % 20 == 0) {
                // Not before the reader has come so far: it looks while there is less to see.
                while (told + 20 < i) std::this_thread::yield();
            }
        }
    });
    const Stream stream("swarm/s1/run/r1");
    LogReader reader(directory.path() + "/store", standard_kinds());
    std::vector<std::uint64_t> positions;
    const Version last = follow(reader, {stream, Version(0), [&] { return told == kEvents; }},
                                [&](const log::EventView& view) {
                                    positions.push_back(view.position.value());
                                    ++told;
                                });
    writer.join();
    CHECK(last == Version(kEvents));
    REQUIRE(positions.size() == kEvents);
    // Small events, each after the last was told: nothing but the log's own words shows them.
    constexpr std::uint64_t kMore = 10;
    std::thread slow_writer([&] {
        for (std::uint64_t i = 0; i < kMore; ++i) {
            is_accepted(*store, R"({"type":"TagRun","swarm":"s1","run":"r1","data":{"name":"t)" +
                                    std::to_string(i) + R"("}})");
            while (told == kEvents + i) std::this_thread::yield();
        }
    });
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    follow(reader,
           {stream, last,
            [&] { return told == kEvents + kMore || std::chrono::steady_clock::now() > give_up; }},
           [&](const log::EventView&) { ++told; });
    CHECK(told == kEvents + kMore);
    told = UINT64_MAX;  // whatever came, the writer may end
    slow_writer.join();
    for (std::uint64_t i = 0; i < kEvents; ++i)
        CHECK(store->log().position_of(stream, Version(i + 1)) == Position(positions[i]));
}

TEST_CASE("follow: what a writer's work explains is looked at again, other faults end it at once",
          "[library]") {
    const skein::test::TempDirectory directory;
    StoreOptions options;
    options.directory = directory.path() + "/store";
    CHECK_THROWS_AS(LogReader(options.directory, standard_kinds()), Fault);
    CHECK_FALSE(std::filesystem::exists(options.directory));
    const auto store = Store::open(options);
    LogReader reader(options.directory, standard_kinds());
    int reads = 0;
    reader.read([&] {
        if (++reads == 1) throw Fault(FaultKind::kCorruption, "a table is missing");
        REQUIRE(is_accepted(*store, R"({"type":"CreateSwarm","swarm":"s1"})"));
    });
    CHECK(reads == 2);
    const auto forever = [&](FaultKind kind) {
        reads = 0;
        CHECK_THROWS_AS(reader.read([&] {
            ++reads;
            throw Fault(kind, "it stays so");
        }),
                        Fault);
        return reads;
    };
    CHECK(forever(FaultKind::kConfig) == 1);
    CHECK(forever(FaultKind::kUnavailable) > 1);
}
