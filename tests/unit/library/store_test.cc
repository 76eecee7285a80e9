#include "tools/library/store.h"

#include <fmt/format.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <future>

#include "engine/base/fault.h"
#include "engine/codec/snapshot.h"
#include "engine/json/parse.h"
#include "engine/replay/verify.h"
#include "engine/runtime/snapshotter.h"
#include "tests/contract/temp_directory.h"

using namespace skein;
using skein::test::TempDirectory;

namespace {

StoreOptions options_at(const std::filesystem::path& directory) {
    StoreOptions options;
    options.directory = directory;
    return options;
}

std::string code_of(const Outcome& outcome) {
    if (outcome.kind == OutcomeKind::kAccepted) return "accepted";
    return outcome.rejection ? std::string(outcome.rejection->code->name) : "unknown";
}

std::string set_budget(int amount) {
    return fmt::format(R"({{"type":"UpdateContext","swarm":"s1","run":"r1","data":{{"updates":)"
                       R"([{{"key":"budget","op":"set","value":{}}}]}}}})",
                       amount);
}

void begin_run(Store& store) {
    REQUIRE(code_of(store.submit(R"({"type":"CreateSwarm","swarm":"s1"})")) == "accepted");
    REQUIRE(code_of(store.submit(R"({"type":"StartRun","swarm":"s1","run":"r1"})")) == "accepted");
}

std::string budget_at(Store& store, const std::string& address, const ReadOptions& options = {}) {
    const auto reading = store.read(address, options);
    if (!reading) return std::string(reading.error().code->name);
    const auto budget = reading->values().find("variables")->find("budget");
    return budget ? budget->text() : "none";
}

// The kind of the fault that opening throws, and its text.
std::pair<FaultKind, std::string> refusal_of(const StoreOptions& options) {
    try {
        const auto store = Store::open(options);
    } catch (const Fault& fault) {
        return {fault.kind(), fault.what()};
    }
    FAIL("the store opened");
    return {};
}

}  // namespace

TEST_CASE("store: reading commands never make one [V-20]", "[library]") {
    const TempDirectory directory;
    StoreOptions options = options_at(directory.path() + "/none");
    options.mode = OpenMode::kMustExist;
    const auto [kind, what] = refusal_of(options);
    CHECK(kind == FaultKind::kMissing);
    CHECK(what.find("there is no store") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(options.directory));

    options.mode = OpenMode::kCreate;
    Store::open(options)->close();
    options.mode = OpenMode::kMustExist;
    CHECK_NOTHROW(Store::open(options));
}

TEST_CASE("store: a directory is marked with what it is, and in which format", "[library]") {
    const TempDirectory directory;
    const StoreOptions options = options_at(directory.path() + "/store");
    Store::open(options)->close();
    std::string mark;
    std::getline(std::ifstream(options.directory / "SKEIN"), mark);
    CHECK(mark == "skein store, format 1");
    CHECK(std::filesystem::is_directory(options.directory / "log"));
    CHECK(std::filesystem::is_directory(options.directory / "views"));

    std::ofstream(options.directory / "SKEIN") << "skein store, format 9\n";
    const auto [kind, what] = refusal_of(options);
    CHECK(kind == FaultKind::kConfig);
    CHECK(what.find("format 9") != std::string::npos);
}

TEST_CASE("store: a directory of other things is left alone", "[library]") {
    const TempDirectory directory;
    std::ofstream(directory.path() + "/diary.txt") << "mine\n";
    CHECK(refusal_of(options_at(directory.path())).first == FaultKind::kConfig);
    CHECK_FALSE(std::filesystem::exists(directory.path() + "/SKEIN"));
    CHECK(refusal_of(options_at(directory.path() + "/diary.txt")).first == FaultKind::kConfig);
}

TEST_CASE("store: what one holds open, a second one cannot open", "[library]") {
    const TempDirectory directory;
    const StoreOptions options = options_at(directory.path() + "/store");
    auto first = Store::open(options);
    CHECK(refusal_of(options).first == FaultKind::kUnavailable);
    begin_run(*first);
    first.reset();
    CHECK(budget_at(*Store::open(options), "run/r1") == "none");
}

TEST_CASE("store: with ack view the answer comes when the view has it [V-171]", "[library]") {
    const Projecting projecting = GENERATE(Projecting::kLive, Projecting::kOnDemand);
    const TempDirectory directory;
    StoreOptions options = options_at(directory.path() + "/store");
    options.projecting = projecting;
    const auto store = Store::open(options);
    begin_run(*store);
    for (int i = 1; i <= 20; ++i) {
        json::Value command = *json::parse(set_budget(i));
        auto members = command.members();
        members.emplace_back("ack", json::Value::string("view"));
        const Outcome outcome = store->submit(json::Value::object(std::move(members)));
        REQUIRE(outcome.kind == OutcomeKind::kAccepted);
        const runtime::OutcomeEvent& last = outcome.events.back();
        CHECK(store->views().applied(last.shard) >= last.position);
        CHECK(store->views().latest(last.stream)->version() == last.version);
    }
}

TEST_CASE("store: commands that are no JSON, or no command, are outcomes", "[library]") {
    const TempDirectory directory;
    const auto store = Store::open(options_at(directory.path() + "/store"));
    CHECK(code_of(store->submit(R"({"type":)")) == "invalid-json");
    CHECK(code_of(store->submit("[]")) == "invalid-field");
    CHECK(code_of(store->submit(R"({"type":"StartRun","swarm":"s9","run":"r1"})")) ==
          "swarm-not-found");
    const Outcome named =
        store->submit(R"({"command_id":"0192f0c1-2345-4678-9abc-def012345678","type":"Nothing"})");
    CHECK(code_of(named) == "unknown-command");
    REQUIRE(named.command_id);
    CHECK(named.command_id->str() == "0192f0c1-2345-4678-9abc-def012345678");
}

TEST_CASE("store: asynchronous commands are each answered once, in order", "[library]") {
    const TempDirectory directory;
    const auto store = Store::open(options_at(directory.path() + "/store"));
    begin_run(*store);
    std::vector<std::promise<Outcome>> answers(100);
    for (int i = 0; i < 100; ++i) {
        store->submit_async(set_budget(i), [&answers, i](Outcome outcome) {
            answers[static_cast<std::size_t>(i)].set_value(std::move(outcome));
        });
    }
    std::uint64_t version = 1;
    for (auto& answer : answers) {
        const Outcome outcome = answer.get_future().get();
        REQUIRE(outcome.kind == OutcomeKind::kAccepted);
        CHECK(outcome.events[0].version == Version(++version));
    }
    CHECK(budget_at(*store, "run/r1") == "99");
    std::promise<Outcome> refused;
    store->submit_async("no json", [&](Outcome outcome) { refused.set_value(std::move(outcome)); });
    CHECK(code_of(refused.get_future().get()) == "invalid-json");
}

TEST_CASE("store: a deadline that has passed gives unknown, and the id tells later", "[library]") {
    const TempDirectory directory;
    const auto store = Store::open(options_at(directory.path() + "/store"));
    begin_run(*store);
    auto members = json::parse(set_budget(5))->members();
    members.emplace_back("command_id", json::Value::string("0192f0c1-2345-4678-9abc-def012345678"));
    const json::Value command = json::Value::object(std::move(members));
    const auto long_ago = std::chrono::steady_clock::now() - std::chrono::hours(1);
    const Outcome first = store->submit(command, long_ago);
    CHECK(first.kind != OutcomeKind::kRejected);
    const Outcome again = store->submit(command);
    REQUIRE(again.kind == OutcomeKind::kAccepted);
    CHECK(again.events[0].version == Version(2));
    CHECK(store->log().stream_head(Stream("swarm/s1/run/r1")) == Version(2));
    CHECK(budget_at(*store, "run/r1") == "5");
}

TEST_CASE("store: a preview says what would happen, and nothing does", "[library]") {
    const TempDirectory directory;
    const auto store = Store::open(options_at(directory.path() + "/store"));
    begin_run(*store);
    const runtime::Preview preview = store->preview(*json::parse(set_budget(7)));
    CHECK(preview.outcome.kind == OutcomeKind::kAccepted);
    REQUIRE(preview.events.size() == 1);
    CHECK(preview.events[0].body->type().name == "ContextUpdated");
    CHECK(budget_at(*store, "run/r1") == "none");
    CHECK(store->log().stream_head(Stream("swarm/s1/run/r1")) == Version(1));
}

TEST_CASE("store: states are read at points, alike from log, snapshot and view [V-26]",
          "[library]") {
    const TempDirectory directory;
    const auto store = Store::open(options_at(directory.path() + "/store"));
    begin_run(*store);
    for (int i = 1; i <= 40; ++i) REQUIRE(code_of(store->submit(set_budget(i))) == "accepted");
    REQUIRE(code_of(store->submit(
                R"({"type":"TagRun","swarm":"s1","run":"r1","data":{"name":"here"}})")) ==
            "accepted");
    REQUIRE(code_of(store->submit(set_budget(99))) == "accepted");
    CHECK(budget_at(*store, "run/r1") == "99");
    CHECK(budget_at(*store, "run/r1@0") == "none");
    CHECK(budget_at(*store, "run/r1@start") == "none");
    CHECK(budget_at(*store, "swarm/s1/run/r1@11") == "10");
    CHECK(budget_at(*store, "run/r1@11^") == "9");
    CHECK(budget_at(*store, "run/r1@head~1") == "40");
    CHECK(budget_at(*store, "run/r1@tag:here") == "40");
    CHECK(budget_at(*store, "run/r1@tag:there") == "point-out-of-range");
    CHECK(budget_at(*store, "run/r1@44") == "point-out-of-range");
    CHECK(budget_at(*store, "run/r1@1..2") == "invalid-point");
    CHECK(budget_at(*store, "run/r1@nonsense") == "invalid-point");
    CHECK(budget_at(*store, "run/r9") == "no-such-stream");
    for (const std::string resource : {"run/r1", "swarm/s1", "board/s1"}) {
        const std::uint64_t head = resource == "run/r1" ? 43 : 1;
        for (std::uint64_t version = 0; version <= head; ++version) {
            const std::string address = fmt::format("{}@{}", resource, version);
            const auto text = [&](ReadFrom from) {
                const auto reading = store->read(address, {from, replay::ClockKind::kRecorded});
                REQUIRE(reading);
                return reading->document().text();
            };
            const std::string folded = text(ReadFrom::kLog);
            REQUIRE(text(ReadFrom::kView) == folded);
            REQUIRE(text(ReadFrom::kSnapshot) == folded);
        }
    }
}

TEST_CASE("store: what has expired goes by the time of the point that is read [V-53]",
          "[library]") {
    struct SetClock final : Clock {
        Timestamp now() const override { return {us.load()}; }
        std::atomic<std::int64_t> us{parse_time("2030-01-01T00:00:00Z")->us};
    } clock;
    const TempDirectory directory;
    StoreOptions options = options_at(directory.path() + "/store");
    options.clock = &clock;
    const auto store = Store::open(options);
    begin_run(*store);
    REQUIRE(code_of(store->submit(
                R"({"type":"UpdateBlackboard","swarm":"s1","data":{"set":[{"id":"x","value":1,)"
                R"("expires_at":"2030-01-02T00:00:00Z"}]}})")) == "accepted");
    const auto board_at = [&](const std::string& point) {
        const auto reading = store->read("board/s1" + point);
        REQUIRE(reading);
        return reading->values().text();
    };
    for (const std::string point : {"", "@head", "@2", "@2030-01-01T12:00:00Z"})
        CHECK(board_at(point) == R"({"x":1})");
    clock.us = parse_time("2030-01-03T00:00:00Z")->us;
    for (const std::string point : {"", "@head", "@2030-01-02T00:00:00Z", "@-1d"})
        CHECK(board_at(point) == "{}");
    for (const std::string point : {"@2", "@2030-01-01T12:00:00Z", "@-36h"})
        CHECK(board_at(point) == R"({"x":1})");
}

TEST_CASE("store: a document says which point it is, and its digest", "[library]") {
    const TempDirectory directory;
    const auto store = Store::open(options_at(directory.path() + "/store"));
    begin_run(*store);
    const auto reading = store->read("run/r1");
    REQUIRE(reading);
    const json::Value document = reading->document();
    CHECK(document.find("digest")->as_string() == reading->state->digest().hex());
    CHECK(document.find("point")->find("version")->text() == "1");
    CHECK(document.find("point")->find("stream")->text() == R"("swarm/s1/run/r1")");
    const auto start = store->read("run/r1@0");
    REQUIRE(start);
    CHECK(start->point().find("version")->text() == "0");
    CHECK(start->point().find("event_id")->is_null());
    CHECK(start->point().find("position")->is_null());
    const auto board = store->read("board/s1");
    REQUIRE(board);
    CHECK(board->document().find("schema")->text() == R"("skein.board/1")");
    CHECK(board->values().text() == "{}");
}

TEST_CASE("store: what was accepted is there after it opens again, without its views too",
          "[library]") {
    const TempDirectory directory;
    const StoreOptions options = options_at(directory.path() + "/store");
    auto store = Store::open(options);
    begin_run(*store);
    for (int i = 1; i <= 10; ++i) REQUIRE(code_of(store->submit(set_budget(i))) == "accepted");
    const std::string before = store->read("run/r1")->document().text();
    store->close();
    store->close();  // again does no harm
    CHECK(code_of(store->submit(set_budget(11))) == "closed");
    store.reset();
    store = Store::open(options);
    CHECK(store->read("run/r1")->document().text() == before);
    store.reset();
    std::filesystem::remove_all(options.directory / "views");
    store = Store::open(options);
    CHECK(budget_at(*store, "run/r1@5") == "4");
    StoreOptions on_demand = options;
    on_demand.projecting = Projecting::kOnDemand;
    store.reset();
    store = Store::open(on_demand);
    CHECK(store->read("run/r1")->document().text() == before);
    CHECK(code_of(store->submit(set_budget(11))) == "accepted");
    CHECK(budget_at(*store, "run/r1") == "11");
}

TEST_CASE("store: of many commands on their way, those with ack view are answered when it has them",
          "[library]") {
    for (const Projecting projecting : {Projecting::kLive, Projecting::kOnDemand}) {
        constexpr int kCommands = 200;
        const TempDirectory directory;
        StoreOptions options = options_at(directory.path() + "/store");
        options.projecting = projecting;
        const auto store = Store::open(options);
        begin_run(*store);
        std::atomic<int> answered{0};
        std::atomic<int> behind{0};
        for (int i = 0; i < kCommands; ++i) {
            std::string command = set_budget(i);
            command.insert(1, R"("ack":"view",)");
            store->submit_async(command, [&](const Outcome& outcome) {
                const auto& last = outcome.events.back();
                if (store->views().applied(last.shard) < last.position) ++behind;
                ++answered;
            });
        }
        store->submit_async(R"({"ack":"view","type":"StartRun","swarm":"s1","run":"r1"})",
                            [&](const Outcome& outcome) {
                                CHECK(code_of(outcome) == "already-exists");
                                ++answered;
                            });
        store->close();
        CHECK(answered == kCommands + 1);
        CHECK(behind == 0);
    }
}

TEST_CASE("store: a log that lost events says so, and the views show what it still has [V-171]") {
    const TempDirectory directory;
    const std::filesystem::path home = directory.path();
    const std::filesystem::path log = home / "log";
    const std::filesystem::path older = home / "older";
    const auto send = [&](int amount) {
        const auto store = Store::open(options_at(directory.path()));
        CHECK(store->views().lost_events().empty());
        if (amount == 0) begin_run(*store);
        REQUIRE(code_of(store->submit(set_budget(amount))) == "accepted");
        store->views().catch_up();
    };
    send(0);
    std::filesystem::copy(log, older, std::filesystem::copy_options::recursive);
    send(1);
    const auto put_older_back = [&] {
        std::filesystem::remove_all(log);
        std::filesystem::copy(older, log, std::filesystem::copy_options::recursive);
    };

    SECTION("it ends before what the views held") {
        put_older_back();
        const auto store = Store::open(options_at(directory.path()));
        CHECK(store->views().lost_events().find("the log ends at 3") != std::string::npos);
        CHECK(budget_at(*store, "swarm/s1/run/r1") == "0");
    }
    SECTION("it is said until it is accepted") {
        put_older_back();
        const auto open = [&] { return Store::open(options_at(directory.path())); };
        open();
        auto store = open();
        CHECK(store->views().lost_events().find("the log ends at 3") != std::string::npos);
        store->views().accept_lost_events();
        store.reset();
        CHECK(open()->views().lost_events().empty());
    }
    SECTION("it has another event there") {
        const std::filesystem::path views = home / "views";
        const std::filesystem::path kept = home / "kept";
        std::filesystem::copy(views, kept, std::filesystem::copy_options::recursive);
        put_older_back();
        std::filesystem::remove_all(views);
        send(2);
        std::filesystem::remove_all(views);
        std::filesystem::rename(kept, views);
        const auto store = Store::open(options_at(directory.path()));
        CHECK(store->views().lost_events().find("another event at position 4") !=
              std::string::npos);
        CHECK(budget_at(*store, "swarm/s1/run/r1") == "2");
    }
    SECTION("it is gone altogether") {
        std::filesystem::remove_all(log);
        const auto [kind, what] = refusal_of(options_at(directory.path()));
        CHECK(kind == FaultKind::kCorruption);
        CHECK(what.find("views of a log that is gone") != std::string::npos);
        CHECK_FALSE(std::filesystem::exists(log));
    }
}

TEST_CASE("store: opening it to read leaves no files behind") {
    const TempDirectory directory;
    begin_run(*Store::open(options_at(directory.path())));
    const auto files = [&] {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path()))
            if (entry.is_regular_file()) ++count;
        return count;
    };
    const auto read = [&] {
        const auto store = Store::open(options_at(directory.path()));
        CHECK(budget_at(*store, "swarm/s1/run/r1") == "none");
    };
    for (int i = 0; i < 3; ++i) read();
    const std::size_t few = files();
    for (int i = 0; i < 20; ++i) read();
    CHECK(files() <= few + 4);  // RocksDB removes some of its own a moment later
}

TEST_CASE("store: a snapshot is the swarm's own events, also where its runs were known [V-20]") {
    const TempDirectory directory;
    const Stream swarm("swarm/s1");
    const auto findings = [](Store& store) {
        return replay::verify_log(store.log(), store.codec(), [](std::uint64_t) {}).findings;
    };
    begin_run(*Store::open(options_at(directory.path())));
    // The state that this process goes on with comes from the views, which list the run.
    auto store = Store::open(options_at(directory.path()));
    const auto describe = [&](std::uint64_t i) {
        const auto done = [](const Outcome& outcome) { CHECK(code_of(outcome) == "accepted"); };
        store->submit_async(
            fmt::format(R"({{"type":"UpdateSwarm","swarm":"s1","data":{{"goal":"{}"}}}})", i),
            done);
    };
    for (std::uint64_t i = 1; i < runtime::Snapshotter::kSnapshotEvery; ++i) describe(i);
    store.reset();
    store = Store::open(options_at(directory.path()));
    const Version head = store->log().stream_head(swarm);
    REQUIRE(head == Version(runtime::Snapshotter::kSnapshotEvery));
    REQUIRE(store->log().find_snapshot(swarm, head));
    CHECK(findings(*store).empty());
    // One that an earlier version of this program wrote.
    store->views().catch_up();
    store->log().put_snapshot(
        swarm, head, codec::encode_snapshot(store->views().document_latest(swarm), store->codec()));
    CHECK(findings(*store).empty());
}
