#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <condition_variable>
#include <fstream>
#include <future>
#include <mutex>

#include "engine/codec/event_json.h"
#include "engine/json/parse.h"
#include "engine/json/patch.h"
#include "engine/replay/blame.h"
#include "engine/replay/verify.h"
#include "tests/growth/notes.h"
#include "tools/import/importer.h"

using namespace skein;
using namespace skein::test;

namespace {

struct NoteStore {
    explicit NoteStore(Projecting projecting = Projecting::kOnDemand,
                       std::size_t round_commands_max = 1024) {
        StoreOptions options;
        options.directory = directory.path() + "/store";
        options.kinds = kinds_with_notes();
        options.clock = &clock;
        options.random = &random;
        options.projecting = projecting;
        options.runtime.round_commands_max = round_commands_max;
        store = Store::open(options);
    }

    Outcome send(const std::string& command) { return store->submit(command); }
    void must(const std::string& command) {
        const Outcome outcome = send(command);
        INFO(command);
        INFO((outcome.rejection ? outcome.rejection->message : outcome.detail));
        REQUIRE(outcome.kind == OutcomeKind::kAccepted);
    }
    // The text of the note at an address, or the code of the refusal.
    std::string text(const std::string& address, ReadFrom from = ReadFrom::kView) {
        const auto reading = store->read(address, {from, replay::ClockKind::kRecorded});
        if (!reading) return std::string(reading.error().code->name);
        return reading->values().find("text")->text();
    }
    std::string document(const std::string& address, ReadFrom from = ReadFrom::kView) {
        const auto reading = store->read(address, {from, replay::ClockKind::kRecorded});
        REQUIRE(reading);
        return reading->document().text();
    }

    TempDirectory directory;
    TickingClock clock;
    SeededRandom random{7};
    std::unique_ptr<Store> store;
};

constexpr std::string_view kId = "0192f0c1-2345-4678-9abc-def012345678";

}  // namespace

TEST_CASE("growth: a kind of two lines has commands, rules and fields with suggestions",
          "[growth]") {
    NoteStore notes;
    notes.must(write_note("n1", "one"));
    CHECK(said(notes.send(R"({"type":"WriteNote","note":"n1","data":{"text":"x","tgs":[]}})")) ==
          "unknown-field");
    CHECK(said(notes.send(R"({"type":"WriteNote","note":"n1","data":{"text":1}})")) ==
          "invalid-field");
    CHECK(said(notes.send(R"({"type":"WriteNote","note":"n1","data":{"text":"x","tags":[1]}})")) ==
          "invalid-field");
    CHECK(said(notes.send(R"({"type":"WriteNote","swarm":"n1","data":{"text":"x"}})")) ==
          "missing-field");
    CHECK(said(notes.send(R"({"type":"StartRun","swarm":"s","run":"r","note":"n1"})")) ==
          "unknown-field");
    CHECK(said(notes.send(
              R"({"type":"WriteNote","note":"n1","expected_version":9,"data":{"text":"x"}})")) ==
          "version-conflict");
    CHECK(said(notes.send(R"({"type":"EraseNote","note":"n9"})")) == "note-not-found");
    notes.must(R"({"type":"EraseNote","note":"n1"})");
    CHECK(said(notes.send(write_note("n1", "again"))) == "note-erased");
    const Outcome near = notes.send(R"({"type":"WriteNotes","note":"n1"})");
    REQUIRE(near.rejection);
    CHECK(near.rejection->message.find("WriteNote?") != std::string::npos);
}

TEST_CASE("growth: a note is read at every point of its history", "[growth]") {
    NoteStore notes;
    for (const char* text : {"one", "two", "three"}) notes.must(write_note("n1", text));
    const Outcome fourth = notes.send(
        fmt::format(R"({{"command_id":"{}","type":"WriteNote","note":"n1","data":{{"text":"four",)"
                    R"("tags":["a","b"]}}}})",
                    kId));
    REQUIRE(fourth.kind == OutcomeKind::kAccepted);
    CHECK(notes.text("note/n1") == R"("four")");
    CHECK(notes.text("note/n1@0") == "null");
    CHECK(notes.text("note/n1@2") == R"("two")");
    CHECK(notes.text("note/n1@2^") == R"("one")");
    CHECK(notes.text("note/n1@head~1") == R"("three")");
    CHECK(notes.text(fmt::format("note/n1@cmd:{}", kId)) == R"("four")");
    const auto second = notes.store->read("note/n1@2");
    REQUIRE(second);
    const json::Value point = second->point();
    CHECK(notes.text("note/n1@ev:" + *point.find("event_id")->as_string()) == R"("two")");
    CHECK(notes.text("note/n1@pos:" + point.find("position")->text()) == R"("two")");
    CHECK(notes.text("note/n1@" + *point.find("recorded_at")->as_string()) == R"("two")");
    CHECK(notes.text("note/n1@-1s") != "point-out-of-range");
    CHECK(notes.text("note/n1@-5m") == "null");
    CHECK(notes.text("note/n1@tag:x") == "point-out-of-range");
    CHECK(notes.text("note/n1@5") == "point-out-of-range");
    CHECK(notes.text("note/n2") == "no-such-stream");
    CHECK(json::parse(notes.document("note/n1"))->find("schema")->text() == R"("skein.note/1")");
}

TEST_CASE("growth: log, snapshot and view of a note are the same bytes", "[growth]") {
    NoteStore notes;
    const std::string long_text(20'000, 'x');  // over a chunk, so that views keep it in pieces
    for (int i = 0; i < 60; ++i)
        notes.must(write_note("n1", i % 7 == 0 ? long_text : fmt::format("text {}", i)));
    notes.must(fork_note("n2", "n1", "@29"));
    notes.must(R"({"type":"EraseNote","note":"n1"})");
    for (int version = 0; version <= 61; ++version) {
        const std::string address = fmt::format("note/n1@{}", version);
        const std::string folded = notes.document(address, ReadFrom::kLog);
        REQUIRE(notes.document(address, ReadFrom::kView) == folded);
        REQUIRE(notes.document(address, ReadFrom::kSnapshot) == folded);
    }
    CHECK(notes.document("note/n2") == notes.document("note/n2", ReadFrom::kLog));
    CHECK(notes.text("note/n2") == json::Value::string(long_text).text());
    CHECK(notes.text("note/n1") == "null");
}

TEST_CASE("growth: views list notes, rebuild them, and find no difference", "[growth]") {
    NoteStore notes;
    notes.must(write_note("n2", "b"));
    notes.must(R"({"type":"WriteNote","note":"n1","data":{"text":"a","tags":["x","y"]}})");
    notes.must(R"({"type":"CreateSwarm","swarm":"s1"})");
    projections::Views& views = notes.store->views();
    views.catch_up();
    projections::ListRequest request;
    request.kind = "note";
    const auto items = views.list(request);
    REQUIRE(items.size() == 2);
    CHECK(items[0].stream == Stream("note/n1"));
    const auto line = json::parse(items[0].fields);
    REQUIRE(line);
    CHECK(line->find("resource")->text() == R"("note/n1")");
    CHECK(line->find("tags")->text() == "2");
    CHECK(line->find("erased")->text() == "false");
    CHECK(line->find("version")->text() == "1");

    const std::string before = notes.document("note/n1");
    const std::string old = views.status().front().generation;
    const std::string made = views.rebuild(projections::Views::AfterRebuild::kKeepBoth,
                                           [](std::uint64_t, std::uint64_t) {});
    CHECK(made != old);
    CHECK(views.compare(old, made).empty());
    CHECK(notes.document("note/n1") == before);
    CHECK(views.verify(std::nullopt, [](std::uint64_t) {}).empty());
}

TEST_CASE("growth: notes are diffed, blamed and forked across scopes", "[growth]") {
    NoteStore notes;
    notes.must(write_note("n1", "one"));
    notes.must(write_note("n1", "two"));
    notes.must(fork_note("n2", "n1", "@1"));
    CHECK(notes.text("note/n2") == R"("one")");
    CHECK(said(notes.send(fork_note("n2", "n1", "@1"))) == "already-exists");
    CHECK(said(notes.send(fork_note("n3", "n1", "@0"))) == "note-at-start");
    CHECK(said(notes.send(fork_note("n3", "n1", "@7"))) == "point-out-of-range");
    CHECK(said(notes.send(fork_note("n3", "n7", "@1"))) == "note-not-found");

    const auto changes = json::diff(notes.store->read("note/n1@1")->values(),
                                    notes.store->read("note/n1@2")->values());
    REQUIRE(changes.size() == 1);
    CHECK(changes[0].path == "/text");

    const replay::Blame blame =
        replay::blame(notes.store->log(), notes.store->codec(), notes.store->states(ReadFrom::kLog),
                      {Stream("note/n2"), Version(1), {"", "text"}});
    REQUIRE(blame.chain.size() == 2);
    CHECK(blame.chain[0].how == "fork");
    CHECK(blame.chain[0].from == Stream("note/n1"));
    CHECK(blame.chain[1].how == "set");
    CHECK(blame.chain[1].event.stream == Stream("note/n1"));
    CHECK(blame.chain[1].event.version == Version(1));
    CHECK(blame.chain[1].event.actor == "ann");
}

TEST_CASE("growth: a log with notes verifies, and damage to a note's event is found", "[growth]") {
    NoteStore notes;
    for (int i = 0; i < 20; ++i) notes.must(write_note("n1", fmt::format("text {}", i)));
    const auto whole =
        replay::verify_log(notes.store->log(), notes.store->codec(), [](std::uint64_t) {});
    CHECK(whole.findings.empty());
    CHECK(whole.events == 20);
    CHECK(replay::verify_stream(notes.store->log(), notes.store->codec(), Stream("note/n1"))
              .findings.empty());
    // A program without the kind says that it does not know these events, and does not fall over.
    const Kinds standard = standard_kinds();
    const auto stranger =
        replay::verify_log(notes.store->log(), *standard.codec, [](std::uint64_t) {});
    CHECK_FALSE(stranger.findings.empty());
}

TEST_CASE("growth: forged payloads of notes are refused, every prefix and every flip of a byte",
          "[growth]") {
    const Kinds kinds = kinds_with_notes();
    NoteStore notes;
    notes.must(R"({"type":"WriteNote","note":"n1","data":{"text":"some text","tags":["x"]}})");
    std::string payload;
    notes.store->log().scan_stream(Stream("note/n1"), Version(0), [&](const log::EventView& view) {
        payload = kinds.codec->encode_payload(*replay::decode_stored(view, *kinds.codec).body);
        return true;
    });
    const auto decode = [&](const std::string& bytes) {
        return kinds.codec->decode_payload("NoteWritten", 1, bytes);
    };
    const auto whole = decode(payload);
    REQUIRE(whole);
    CHECK((*whole)->data().text() == R"({"tags":["x"],"text":"some text"})");
    std::size_t refused = 0;
    for (std::size_t size = 0; size < payload.size(); ++size)
        refused += decode(payload.substr(0, size)) ? 0 : 1;
    CHECK(refused >= payload.size() - 8);  // up to seven bytes of padding carry nothing
    for (std::size_t i = 0; i < payload.size(); ++i) {
        std::string flipped = payload;
        flipped[i] = static_cast<char>(flipped[i] ^ 0x80);
        const auto body = decode(flipped);
        if (body) CHECK((*body)->data().text().size() < 4 * payload.size());
    }
}

TEST_CASE("growth: a file of commands brings notes in, and again without effect", "[growth]") {
    NoteStore notes;
    const std::string path = notes.directory.path() + "/notes.jsonl";
    std::ofstream(path) << write_note("n1", "one") << '\n'
                        << write_note("n1", "two") << '\n'
                        << fork_note("n2", "n1", "@1") << '\n';
    struct Sending final : import::CommandSink {
        explicit Sending(Store& to) : store(to) {}
        import::Next put(json::Value command, const import::SourcePlace&) override {
            const Outcome outcome = store.submit(command);
        accepted += outcome.kind == OutcomeKind::kAccepted ? 1 : 0;
        duplicates += outcome.is_duplicate ? 1 : 0;
        return import::Next::kContinue;
    } Store& store;
    int accepted = 0;
    int duplicates = 0;
};
struct NoProblem final : import::ProblemSink {
    import::Next report(const import::Problem& problem) override { FAIL(problem.reason);
    return import::Next::kStop;
}
}
;
const import::Importer* importer = import::find_importer("jsonl");
REQUIRE(importer != nullptr);
NoProblem problems;
Sending first(*notes.store);
importer->import_file(path, {first, problems});
CHECK(first.accepted == 3);
CHECK(first.duplicates == 0);
Sending second(*notes.store);
importer->import_file(path, {second, problems});
CHECK(second.duplicates == 3);
CHECK(notes.text("note/n2") == R"("one")");
CHECK(notes.text("note/n1@3") == "point-out-of-range");
}

TEST_CASE("growth: forks that read a note while it is written leave its history whole [V-39]",
          "[growth]") {
    // Two a round: a fork that looks at the note, and a write that changes it behind its back.
    NoteStore notes(Projecting::kLive, 2);
    notes.must(write_note("n1", "first"));
    std::mutex mutex;
    std::condition_variable answered;
    int open = 0;
    const auto in_order = std::make_shared<runtime::Sequence>();
    std::vector<std::string> refusals;
    const auto send = [&](const std::string& command) {
        {
            const std::lock_guard lock(mutex);
            ++open;
        }
        const auto note_answer = [&](const Outcome& outcome) {
            const std::lock_guard lock(mutex);
            if (outcome.kind != OutcomeKind::kAccepted) refusals.push_back(said(outcome));
            --open;
            answered.notify_all();
        };
        notes.store->submit_async(command, note_answer, in_order);
    };
    for (int i = 0; i < 300; ++i) {
        send(fork_note(fmt::format("f{}", i), "n1", "@head"));
        send(write_note("n1", fmt::format("text {}", i)));
    }
    {
        std::unique_lock lock(mutex);
        answered.wait(lock, [&] { return open == 0; });
    }
    CHECK(refusals == std::vector<std::string>{});
    CHECK(notes.store->log().stream_head(Stream("note/n1")) == Version(301));
    const auto report =
        replay::verify_log(notes.store->log(), notes.store->codec(), [](std::uint64_t) {});
    CHECK(report.findings.empty());
    CHECK(report.events == 601);
    for (int i = 1; i < 300; ++i)
        REQUIRE(notes.text(fmt::format("note/f{}", i)) == fmt::format(R"("text {}")", i - 1));
}

TEST_CASE("growth: a fork sees what was sent before it, and nothing that was sent after [V-39]",
          "[growth]") {
    NoteStore notes;
    std::vector<std::promise<Outcome>> answers(90);
    const auto in_order = std::make_shared<runtime::Sequence>();
    const auto send = [&](std::size_t index, const std::string& command) {
        notes.store->submit_async(
            command,
            [&answers, index](Outcome outcome) { answers[index].set_value(std::move(outcome)); },
            in_order);
    };
    for (std::size_t i = 0; i < answers.size(); i += 3) {
        send(i, write_note(fmt::format("n{}", i), "first"));
        send(i + 1, fork_note(fmt::format("f{}", i), fmt::format("n{}", i), "@head"));
        send(i + 2, write_note(fmt::format("n{}", i), "second"));
    }
    for (auto& answer : answers) REQUIRE(said(answer.get_future().get()) == "accepted");
    for (std::size_t i = 0; i < answers.size(); i += 3)
        CHECK(notes.text(fmt::format("note/f{}", i)) == R"("first")");
}

TEST_CASE("growth: notes and swarms live in one store that opens again", "[growth]") {
    NoteStore notes;
    notes.must(R"({"type":"CreateSwarm","swarm":"s1","data":{"goal":"g"}})");
    notes.must(write_note("n1", "one"));
    const std::string swarm = notes.document("swarm/s1");
    const std::string note = notes.document("note/n1");
    StoreOptions options;
    options.directory = notes.directory.path() + "/store";
    options.kinds = kinds_with_notes();
    options.mode = OpenMode::kMustExist;
    options.clock = &notes.clock;
    notes.store.reset();
    notes.store = Store::open(options);
    CHECK(notes.document("swarm/s1") == swarm);
    CHECK(notes.document("note/n1") == note);
    CHECK(notes.document("note/n1", ReadFrom::kLog) == note);
}
