// The projector and what stands around it: order, damage, rebuilding, parked streams, lists.
#include <rocksdb/db.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include "projections/core/generations.h"
#include "projections/query/open_views.h"
#include "projections/store/keys.h"
#include "tests/contract/temp_directory.h"
#include "tests/unit/projections/equals_fold.h"

namespace {

using namespace skein;
using projections::ViewOptions;
using projections::Views;
using test::Story;
using test::TempDirectory;

std::unique_ptr<Views> open_views(Story& story, const std::filesystem::path& directory = {}) {
    ViewOptions options;
    options.directory = directory;
    return Views::open(options, story.log(), story.codec());
}

// A log whose readers are held up until somebody ends their waiting.
class HeldFeed final : public log::EventFeed {
 public:
    explicit HeldFeed(log::EventLog& log) : log_(log) {}

    std::uint32_t shard_count() const override { return log_.shard_count(); }
    log::Head head(Shard shard) const override { return log_.head(shard); }
    std::uint64_t scan(Shard shard, Position after,
                       const std::function<bool(const log::EventView&)>& visit) const override {
        is_asked_ = true;
        while (!is_released_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return log_.scan(shard, after, visit);
    }
    Position grown_to(Shard shard) const override { return log_.grown_to(shard); }
    bool wait_for_growth(const std::vector<Position>& known,
                         std::chrono::milliseconds timeout) const override {
        return log_.wait_for_growth(known, timeout);
    }
    void interrupt_waiters() override {
        is_released_ = true;
        log_.interrupt_waiters();
    }
    bool is_asked() const { return is_asked_; }

 private:
    log::EventLog& log_;
    mutable std::atomic<bool> is_asked_{false};
    std::atomic<bool> is_released_{false};
};

std::uint64_t events_in(Story& story) {
    std::uint64_t events = 0;
    for (std::uint32_t s = 0; s < story.log().shard_count(); ++s)
        events += story.log().head(Shard(s)).position.value();
    return events;
}

void wait_for_all(Views& views, Story& story) {
    for (std::uint32_t s = 0; s < story.log().shard_count(); ++s)
        REQUIRE(
            views.wait_for(Shard(s), story.log().head(Shard(s)).position, std::chrono::minutes(2)));
}

std::map<Stream, std::string> digests_of(const Views& views, const Story& story) {
    std::map<Stream, std::string> digests;
    for (const Stream& stream : story.streams())
        digests[stream] = views.document_latest(stream)->digest().hex();
    return digests;
}

std::string live_of(const Views& views) {
    for (const auto& line : views.status())
        if (line.live) return line.generation;
    return {};
}

// Flips a bit of one row of the store in `directory`, which nobody holds.
void edit_row(const std::string& directory, const std::string& key) {
    rocksdb::DB* raw = nullptr;
    REQUIRE(rocksdb::DB::Open({}, directory, &raw).ok());
    std::string value;
    REQUIRE(raw->Get({}, key, &value).ok());
    value[value.size() / 2] = static_cast<char>(value[value.size() / 2] ^ 4);
    REQUIRE(raw->Put({}, key, value).ok());
    delete raw;
}

// What the views say of a damaged row must still be the fold.
Stream first_run(const Story& story) {
    for (const Stream& stream : story.streams())
        if (scope_of(stream).str() != stream.str()) return stream;
    return {};
}

}  // namespace

TEST_CASE("views: a deleted view directory comes back with the same digests [V-20][V-26][V-171]") {
    TempDirectory directory;
    Story story(11);
    story.tell(500);
    std::map<Stream, std::string> before;
    {
        const auto views = open_views(story, directory.path() + "/views");
        views->catch_up();
        before = digests_of(*views, story);
    }
    std::filesystem::remove_all(directory.path() + "/views");
    const auto views = open_views(story, directory.path() + "/views");
    views->catch_up();
    CHECK(digests_of(*views, story) == before);
    CHECK(test::difference_from_fold(*views, story, 41) == "");
}

TEST_CASE("views: opened again they go on where they were [V-171]") {
    TempDirectory directory;
    Story story(12);
    story.tell(200);
    { open_views(story, directory.path())->catch_up(); }
    story.tell(200);
    const auto views = open_views(story, directory.path());
    CHECK(live_of(*views) == "g000001");
    std::uint64_t applied = 0;
    for (std::uint32_t shard = 0; shard < 4; ++shard)
        applied += views->applied(Shard(shard)).value();
    CHECK(applied == 200);
    views->catch_up();
    CHECK(test::difference_from_fold(*views, story, 31) == "");
    CHECK(views->counters().rebuilds == 0);
}

TEST_CASE("views: points that are not projected yet are read with the log's events [V-26][V-98]") {
    Story story(13);
    story.tell(150);
    const auto views = open_views(story);
    views->catch_up();
    story.tell(150);
    const replay::LogStates fold(story.log(), story.codec(), replay::Snapshots::kIgnore);
    for (const Stream& stream : story.streams()) {
        const Version version = story.version(stream);
        CHECK(views->at(stream, version)->version() == version);
        const Position head = story.log().head(log::shard_of(story.log(), stream)).position;
        CHECK(test::difference(*views->document_at(stream, head),
                               *fold.document_at(stream, head)) == "");
    }
    CHECK_THROWS_AS(views->at(story.streams().front(), Version(100000)), Fault);
}

TEST_CASE("views: a checkpoint that is not of this log drops them [V-171]") {
    TempDirectory directory;
    Story story(14);
    story.tell(100);
    { open_views(story, directory.path())->catch_up(); }
    SECTION("another log") {
        Story other(15);
        other.tell(100);
        const auto views = open_views(other, directory.path());
        CHECK(live_of(*views) == "g000002");
        views->catch_up();
        CHECK(test::difference_from_fold(*views, other, 31) == "");
    }
    SECTION("a log that lost its end") {
        Story shorter(14);
        shorter.tell(60);
        const auto views = open_views(shorter, directory.path());
        CHECK(live_of(*views) == "g000002");
        views->catch_up();
        CHECK(test::difference_from_fold(*views, shorter, 31) == "");
    }
    CHECK(!std::filesystem::exists(directory.path() + "/g000001"));
}

TEST_CASE("views: an edited row is found by verify, and readers get the fold instead [V-171]") {
    TempDirectory directory;
    Story story(16);
    story.tell(300);
    { open_views(story, directory.path())->catch_up(); }
    const Stream run = first_run(story);
    const projections::store::DocumentKeys keys(log::shard_of(story.log(), run), run);
    edit_row(directory.path() + "/g000001", keys.delta(1));
    const auto views = open_views(story, directory.path());
    const auto failures = views->verify(std::nullopt, {});
    REQUIRE(!failures.empty());
    CHECK(failures.front().what == "row checksum");
    CHECK(failures.front().stream == run);
    const replay::LogStates fold(story.log(), story.codec(), replay::Snapshots::kIgnore);
    CHECK(test::difference(*views->at(run, Version(1)), *fold.at(run, Version(1))) == "");
    views->catch_up();
    CHECK(views->counters().rebuilds == 1);
    CHECK(live_of(*views) == "g000002");
    CHECK(views->verify(std::nullopt, {}).empty());
    CHECK(test::difference_from_fold(*views, story, 31) == "");
}

TEST_CASE("views: a wrong state behind a right checksum is found by its digest [V-171]") {
    Story story(17);
    story.create_swarm("s");
    const Stream run = story.start_run("s", "r");
    story.set(run, "a", json::Value::integer(1));
    TempDirectory directory;
    { open_views(story, directory.path())->catch_up(); }
    {
        projections::core::Generations generations(directory.path(), 1U << 20);
        const auto rows = generations.open("g000001");
        const projections::store::DocumentKeys keys(log::shard_of(story.log(), run), run);
        std::string value = *rows->get(keys.delta(2));
        auto row = projections::store::read_delta(keys.delta(2), value, 2);
        row.digest.low ^= 1;
        std::string forged;
        projections::store::write_delta(forged, row, 2);
        const auto batch = rows->make_batch();
        batch->put(keys.delta(2), forged);
        rows->write(*batch, projections::store::Journal::kKept);
    }
    const auto views = open_views(story, directory.path());
    const auto failures = views->verify(run, {});
    REQUIRE(!failures.empty());
    CHECK(failures.front().what == "delta");
    CHECK(views->verify(Stream("swarm/s"), {}).empty());
}

TEST_CASE("views: a rebuild switches while readers read, and nobody sees less [V-171]") {
    TempDirectory directory;
    Story story(18);
    story.tell(600);
    const auto views = open_views(story, directory.path());
    views->catch_up();
    const auto before = digests_of(*views, story);
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> wrong{0};
    std::thread reader([&] {
        while (!stop.load()) {
            for (const auto& [stream, digest] : before)
                if (views->document_latest(stream)->digest().hex() != digest) wrong.fetch_add(1);
        }
    });
    std::uint64_t last_done = 0;
    for (int n = 0; n < 3; ++n)
        views->rebuild(Views::AfterRebuild::kSwitch,
                       [&](std::uint64_t done, std::uint64_t) { last_done = done; });
    stop.store(true);
    reader.join();
    CHECK(wrong.load() == 0);
    CHECK(last_done == 600);
    CHECK(live_of(*views) == "g000004");
    CHECK(!std::filesystem::exists(directory.path() + "/g000003"));
    CHECK(test::difference_from_fold(*views, story, 61) == "");
}

TEST_CASE("views: a generation kept beside the live one is compared and dropped [V-171]") {
    TempDirectory directory;
    Story story(19);
    story.tell(200);
    const auto views = open_views(story, directory.path());
    views->catch_up();
    const std::string kept = views->rebuild(Views::AfterRebuild::kKeepBoth, {});
    CHECK(live_of(*views) == "g000001");
    CHECK(views->status().size() == 8);
    CHECK(views->compare("g000001", kept).empty());
    views->drop(kept);
    CHECK(views->status().size() == 4);
    CHECK_THROWS_AS(views->compare("g000001", kept), Fault);
    CHECK_THROWS_AS(views->drop("g000001"), Fault);
}

TEST_CASE("views: what a crash left of a rebuild is removed at the next opening [V-171]") {
    TempDirectory directory;
    Story story(20);
    story.tell(50);
    { open_views(story, directory.path())->catch_up(); }
    std::filesystem::create_directories(directory.path() + "/g000007");
    const auto views = open_views(story, directory.path());
    CHECK(!std::filesystem::exists(directory.path() + "/g000007"));
    CHECK(live_of(*views) == "g000001");
}

TEST_CASE("views: a poison event parks its stream, and all others go on [V-171]") {
    Story story(21);
    story.create_swarm("s");
    const Stream sick = story.start_run("s", "sick");
    const Stream well = story.start_run("s", "well");
    auto update = std::make_shared<domain::run::ContextUpdated>();
    SECTION("bytes that do not decode") {
        story.append_bytes(
            sick,
            [](std::string bytes) {
                const std::size_t at = bytes.find("ContextUpdated");
                bytes[at] = 'X';
                return bytes;
            },
            update);
    }
    SECTION("an event that cannot be applied") {
        auto restored = std::make_shared<domain::run::RunForked>();
        restored->source = {"nobody", Version(3)};
        story.append(Stream("swarm/s/run/orphan"), restored);
    }
    story.set(well, "a", json::Value::integer(1));
    const auto views = open_views(story);
    views->catch_up();
    const auto parked = views->parked();
    REQUIRE(parked.size() == 1);
    CHECK((parked[0].code == "undecodable" || parked[0].code == "refused"));
    CHECK(parked[0].version == story.version(parked[0].stream));
    CHECK(views->latest(well)->version() == Version(2));
    // Later events of the stream are passed over, others are not.
    story.set(parked[0].stream, "b", json::Value::integer(2));
    story.set(well, "b", json::Value::integer(2));
    views->catch_up();
    CHECK(views->parked().size() == 1);
    CHECK(views->latest(well)->version() == Version(3));
    CHECK_FALSE(views->replay_parked(parked[0].id));
    CHECK_FALSE(views->drop_parked(12345));
    CHECK(views->drop_parked(parked[0].id));
    CHECK(views->parked().empty());
    views->rebuild(Views::AfterRebuild::kSwitch, {});
    CHECK(views->parked().empty());
}

TEST_CASE("views: a thread follows the log, and whoever waited for a position reads it [V-171]") {
    Story story(22);
    story.create_swarm("s");
    const Stream run = story.start_run("s", "r");
    const auto views = open_views(story);
    views->start();
    const Shard shard = log::shard_of(story.log(), run);
    for (int n = 0; n < 50; ++n) {
        story.set(run, "n", json::Value::integer(n));
        const Position head = story.log().head(shard).position;
        REQUIRE(views->wait_for(shard, head, std::chrono::minutes(2)));
        CHECK(views->latest(run)->version() == story.version(run));
        CHECK(views->document_latest(Stream("swarm/s"))->mark().position == head);
    }
    CHECK_FALSE(views->wait_for(shard, Position(1000), std::chrono::milliseconds(0)));
    views->stop();
    CHECK(views->counters().failure.empty());
    CHECK(views->counters().hits > 0);
}

TEST_CASE("views: a thread that begins with nothing builds them, then follows [V-20] [V-171]") {
    const TempDirectory directory;
    Story story(25);
    story.tell(300);
    ViewOptions options;
    options.directory = directory.path() + "/views";
    const std::uint64_t less = GENERATE(0U, 1U);  // than what it takes
    CAPTURE(less);
    options.build_events_min = events_in(story) + less;
    const auto views = Views::open(options, story.log(), story.codec());
    const std::string empty = live_of(*views);
    views->start();
    wait_for_all(*views, story);
    CHECK((live_of(*views) != empty) == (less == 0));
    story.tell(200);
    wait_for_all(*views, story);
    CHECK(views->counters().rebuilds == 0);
    CHECK(views->counters().failure == "");
    views->stop();
    CHECK(test::difference_from_fold(*views, story, 41) == "");
    CHECK(views->verify(std::nullopt, {}).empty());
}

TEST_CASE("views: stopping does not wait for a build to end [V-171]") {
    const TempDirectory directory;
    Story story(26);
    story.tell(300);
    HeldFeed feed(story.log());
    ViewOptions options;
    options.directory = directory.path() + "/views";
    options.build_events_min = 1;
    options.feed = &feed;
    const auto views = Views::open(options, story.log(), story.codec());
    const std::string empty = live_of(*views);
    views->start();
    while (!feed.is_asked()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    views->stop();
    CHECK(live_of(*views) == empty);
    CHECK(views->status().size() == story.log().shard_count());  // of one generation
    CHECK(views->counters().failure == "");
    views->catch_up();
    CHECK(live_of(*views) != empty);
    CHECK(test::difference_from_fold(*views, story, 41) == "");
}

TEST_CASE("views: lists have the contract's fields, in order, in pages and by scope [V-171]") {
    Story story(23);
    story.create_swarm("b");
    story.create_swarm("a");
    story.create_swarm("a-1");
    story.start_run("a", "r2");
    story.start_run("a", "r1");
    story.start_run("a-1", "r1");
    const auto views = open_views(story);
    views->catch_up();
    const auto names = [](const std::vector<projections::ListItem>& items) {
        std::vector<std::string> all;
        for (const auto& item : items) all.push_back(item.stream.str());
        return all;
    };
    projections::ListRequest request;
    request.kind = "swarm";
    const auto swarms = views->list(request);
    CHECK(names(swarms) == std::vector<std::string>{"swarm/a", "swarm/a-1", "swarm/b"});
    const auto item = nlohmann::json::parse(swarms[0].fields);
    CHECK(item["resource"] == "swarm/a");
    CHECK(item["runs"] == 2);
    CHECK(item["status"] == "running");
    CHECK(item["goal"] == "goal of a");
    CHECK(item["version"] == 1);
    CHECK(item.size() == 6);
    request.kind = "run";
    request.limit = 2;
    const auto page = views->list(request);
    CHECK(names(page) == std::vector<std::string>{"swarm/a-1/run/r1", "swarm/a/run/r1"});
    request.after = page.back().stream;
    CHECK(names(views->list(request)) == std::vector<std::string>{"swarm/a/run/r2"});
    request.after = {};
    request.scope = Scope("swarm/a");
    request.limit = 10;
    const auto runs = views->list(request);
    CHECK(names(runs) == std::vector<std::string>{"swarm/a/run/r1", "swarm/a/run/r2"});
    const auto run = nlohmann::json::parse(runs[0].fields);
    CHECK(run.size() == 7);
    CHECK(run["step"].is_null());
    CHECK(run["forked_from"].is_null());
    request.kind = "nothing";
    CHECK(views->list(request).empty());
}

TEST_CASE("views: a list reads no states, whatever their size [V-171]") {
    TempDirectory directory;
    Story story(24);
    story.create_swarm("s");
    const Stream run = story.start_run("s", "r");
    story.set(run, "big", json::Value::string(std::string(100'000, 'x')));
    story.create_swarm(std::string(128, 'g'));
    auto told = std::make_shared<domain::swarm::SwarmUpdated>();
    told->goal = json::Value::string(std::string(5000, 'g'));
    story.append(Stream("swarm/s"), told);
    { open_views(story, directory.path())->catch_up(); }
    // A reader of the state would meet this row.
    const projections::store::DocumentKeys keys(log::shard_of(story.log(), run), run);
    edit_row(directory.path() + "/g000001", keys.delta(2));
    const auto views = open_views(story, directory.path());
    projections::ListRequest request;
    request.kind = "run";
    const auto runs = views->list(request);
    REQUIRE(runs.size() == 1);
    CHECK(nlohmann::json::parse(runs[0].fields)["version"] == 2);
    CHECK(nlohmann::json::parse(runs[0].fields)["status"] == "running");
    // What is too long for a row comes from the state, in full.
    request.kind = "swarm";
    const auto swarms = views->list(request);
    REQUIRE(swarms.size() == 2);
    CHECK(nlohmann::json::parse(swarms[1].fields)["goal"] == std::string(5000, 'g'));
    CHECK(nlohmann::json::parse(swarms[1].fields)["version"] == 2);
}

TEST_CASE("views: broken rows that opening replaces are told [V-171]") {
    const TempDirectory directory;
    Story story(24);
    story.tell(200);
    const auto built = [&] { return open_views(story, directory.path()); };
    built()->catch_up();
    CHECK(built()->broken_rows().empty());
    const Shard shard = log::shard_of(story.log(), first_run(story));
    edit_row(directory.path() + "/g000001", projections::store::checkpoint_key(shard));
    const auto views = built();
    CHECK(views->broken_rows().find("fails its checksum") != std::string::npos);
    views->catch_up();
    CHECK(views->verify(std::nullopt, {}).empty());
    CHECK(live_of(*views) == "g000002");
}

namespace {

// The standard codec of a program that cannot read one type of events yet.
codec::Codec codec_without(const domain::Registry& registry, std::string_view type) {
    std::vector<codec::KindCodec> kinds = codec::standard_kind_codecs();
    for (codec::KindCodec& kind : kinds)
        for (codec::EventCodec& event : kind.events)
            if (event.type->name == type)
                event.decode = [](std::string_view)
                    -> Result<std::shared_ptr<const domain::EventBody>, codec::CodecError> {
                    return fail(codec::CodecError{"unknown"});
                };
    return codec::Codec(registry, std::move(kinds));
}

}  // namespace

TEST_CASE("views: replaying a parked event projects its scope alone [V-171]") {
    TempDirectory directory;
    Story story(25, 1);
    story.create_swarm("s");
    story.create_swarm("t");
    const Stream sick = story.start_run("s", "sick");
    const Stream other = story.start_run("t", "other");
    story.set(sick, "a", json::Value::integer(1));
    auto tagged = std::make_shared<domain::run::TagCreated>();
    tagged->name = "t";
    story.append(sick, tagged);
    auto status = std::make_shared<domain::run::RunStatusChanged>();
    status->status = domain::run::RunStatus::kBlocked;
    story.append(sick, status);
    story.fork(sick, "branch");
    story.set(other, "b", json::Value::integer(2));
    ViewOptions options;
    options.directory = directory.path();
    {
        const codec::Codec old = codec_without(story.codec().registry(), "TagCreated");
        const auto views = Views::open(options, story.log(), old);
        views->catch_up();
        const auto parked = views->parked();
        REQUIRE(parked.size() == 2);  // and the fork of what nobody could read
        CHECK(views->verify(std::nullopt, {}).empty());
        CHECK_FALSE(views->replay_parked(parked[0].id));
        CHECK_FALSE(views->replay_parked(parked[1].id));
    }
    // A row of the other scope that is wrong stays so: nobody made it anew.
    const Shard shard = log::shard_of(story.log(), other);
    edit_row(directory.path() + "/g000001",
             projections::store::DocumentKeys(shard, other).delta(2));
    const auto views = open_views(story, directory.path());
    const auto parked = views->parked();
    REQUIRE(parked.size() == 2);
    const auto sick_one = std::find_if(parked.begin(), parked.end(),
                                       [&](const auto& each) { return each.stream == sick; });
    REQUIRE(views->replay_parked(sick_one->id));
    CHECK(views->parked().empty());
    CHECK(live_of(*views) == "g000001");
    const auto failures = views->verify(std::nullopt, {});
    REQUIRE_FALSE(failures.empty());
    for (const auto& failure : failures) CHECK(failure.stream == other);
    CHECK(views->verify(sick, {}).empty());
    CHECK(views->verify(Stream("swarm/s"), {}).empty());
    CHECK(views->latest(sick)->version() == story.version(sick));
    // And the projector goes on from there.
    story.set(sick, "c", json::Value::integer(3));
    views->catch_up();
    CHECK(views->latest(sick)->version() == story.version(sick));
    CHECK(views->verify(sick, {}).empty());
}
