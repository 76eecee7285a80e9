// Documents at any point: views beside the pure fold of the log.
#include <catch2/catch.hpp>

#include <random>

#include "projections/history/history_reader.h"
#include "projections/history/keyframes.h"
#include "projections/query/generation_view.h"
#include "projections/store/memory_view_store.h"
#include "tests/contract/temp_directory.h"
#include "tests/unit/projections/equals_fold.h"

namespace {

using namespace skein;
using test::Story;

struct Built {
    explicit Built(Story& story)
        : store(std::make_shared<projections::store::MemoryViewStore>()),
          generation(std::make_shared<projections::GenerationView>("g", store, story.codec(),
                                                                   story.log().shard_count())) {
        projections::build_generation({generation,
                                       {},
                                       projections::core::identity_of(story.log(), story.codec()),
                                       projections::heads_of(story.log()),
                                       {}},
                                      story.log(), story.codec());
    }
    std::size_t rows_of(projections::store::KeyKind kind, const Stream& stream) const {
        std::size_t count = 0;
        store->scan("", "\xff\xff\xff\xff", [&](std::string_view key, std::string_view) {
            const auto place = projections::store::place_of_row(key);
            if (place && place->kind == kind && place->stream == stream) ++count;
            return true;
        });
        return count;
    }
    std::shared_ptr<projections::store::MemoryViewStore> store;
    // Each keyframe row of a document: its ordinal and its value.
    template <typename Visit>
    void for_keyframes(const Stream& stream, const Visit& visit) const {
        const auto keys = generation->reader.keys_of(stream);
        const auto history = keys.history();
        store->scan(history.from, history.to, [&](std::string_view key, std::string_view value) {
            const auto place = keys.history_place(key);
            if (place.row == projections::store::HistoryPlace::Row::kKeyframe)
                visit(place.ordinal, value);
            return true;
        });
    }

    std::shared_ptr<projections::GenerationView> generation;
};

std::uint64_t fresh_seed() { return std::random_device()(); }

}  // namespace

TEST_CASE("history: every document at every version is the fold of its events [V-26][V-171]") {
    const std::uint64_t seed = GENERATE(1ULL, 2ULL, 0ULL);
    const std::uint64_t used = seed == 0 ? fresh_seed() : seed;
    CAPTURE(used);
    Story story(used);
    story.tell(700);
    projections::ViewOptions options;
    const auto views = projections::Views::open(options, story.log(), story.codec());
    views->catch_up();
    CHECK(test::difference_from_fold(*views, story, 17) == "");
    CHECK(views->verify(std::nullopt, {}).empty());
    CHECK(views->parked().empty());
}

TEST_CASE("history: a small cache and L1 that holds nothing give the same states [V-26][V-98]") {
    Story story(5);
    story.tell(400);
    projections::ViewOptions options;
    options.state_cache_bytes = 0;
    const auto views = projections::Views::open(options, story.log(), story.codec());
    views->catch_up();
    CHECK(test::difference_from_fold(*views, story, 23) == "");
    CHECK(views->counters().hits == 0);
    CHECK(views->counters().cached == 0);
}

TEST_CASE("history: a long history is read from a keyframe near its point [V-26]") {
    Story story(1);
    story.create_swarm("s");
    const Stream run = story.start_run("s", "r");
    for (int n = 0; n < 2000; ++n)
        story.set(run, "k" + std::to_string(n % 20), json::Value::string(std::string(100, 'x')));
    const Built built(story);
    const std::size_t keyframes = built.rows_of(projections::store::KeyKind::kKeyframe, run);
    CHECK(keyframes > 20);
    CHECK(keyframes < 400);
    const auto head = built.generation->reader.head(run);
    REQUIRE(head);
    // Deltas behind the base stay a fixed fraction of the state, or the smallest that pays.
    CHECK(head->delta_bytes < std::max<std::uint64_t>(2048, head->state_bytes / 4) + 512);
    CHECK(head->ordinal == 2001);
    CHECK(head->ordinal - head->base < 40);
}

TEST_CASE("history: a growing list keeps its pieces once, and a fork shares them [V-26]") {
    Story story(1);
    story.create_swarm("s");
    const Stream run = story.start_run("s", "r");
    for (int n = 0; n < 600; ++n)
        story.append_to(run, "list",
                        json::Value::string(std::string(500, 'a') + std::to_string(n)));
    const Stream forked = story.fork(run, "f");
    for (int n = 0; n < 300; ++n)
        story.append_to(forked, "list", json::Value::string(std::string(500, 'b')));
    const Built built(story);
    const Stream scope("swarm/s");
    const std::size_t chunks = built.rows_of(projections::store::KeyKind::kChunk, scope);
    CHECK(chunks > 75);   // 450 KiB in pieces of 4 KiB...
    CHECK(chunks < 250);  // ...and a last, growing piece for each keyframe
    CHECK(built.rows_of(projections::store::KeyKind::kKeyframe, run) > 3);
    std::uint64_t keyframe_bytes = 0;
    built.for_keyframes(
        forked, [&](std::uint64_t, std::string_view value) { keyframe_bytes += value.size(); });
    CHECK(keyframe_bytes < 200000);
    const replay::LogStates fold(story.log(), story.codec(), replay::Snapshots::kIgnore);
    CHECK(test::difference(*built.generation->reader.newest(forked).state, *fold.latest(forked)) ==
          "");
}

TEST_CASE("history: a big state becomes a keyframe in parts, one with each event [V-26]") {
    Story story(1, 1);
    story.create_swarm("s");
    const Stream run = story.start_run("s", "r");
    // Inline values, so that a keyframe has to carry them all.
    for (int n = 0; n < 400; ++n)
        story.set(run, "k" + std::to_string(n), json::Value::string(std::string(2000, 'x')));
    for (int n = 0; n < 200; ++n) story.set(run, "k1", json::Value::integer(n));
    projections::ViewOptions options;
    const auto views = projections::Views::open(options, story.log(), story.codec());
    views->catch_up();
    CHECK(views->verify(std::nullopt, {}).empty());
    const Built built(story);
    std::map<std::uint64_t, std::uint32_t> parts;
    std::size_t longest = 0;
    built.for_keyframes(run, [&](std::uint64_t ordinal, std::string_view value) {
        ++parts[ordinal];
        longest = std::max(longest, value.size());
    });
    std::uint32_t most = 0;
    for (const auto& [ordinal, count] : parts) most = std::max(most, count);
    CHECK(most > 3);
    CHECK(longest < (80U << 10));
    for (const auto& [ordinal, count] : parts) {
        CAPTURE(ordinal, count);
        CHECK(built.generation->reader.read(run, ordinal).state->version().value() == ordinal);
        CHECK(built.generation->reader.read(run, ordinal + count).ordinal == ordinal + count);
    }
}

TEST_CASE("history: a keyframe is not read before its last part is written [V-26]") {
    Story story(1, 1);
    story.create_swarm("s");
    const Stream run = story.start_run("s", "r");
    for (int n = 0; n < 250; ++n)
        story.set(run, "k" + std::to_string(n), json::Value::string(std::string(2000, 'x')));
    const auto store = std::make_shared<projections::store::MemoryViewStore>();
    const auto generation = std::make_shared<const projections::GenerationView>(
        "g", store, story.codec(), story.log().shard_count());
    projections::Projection::Options options;
    options.projector.identity = projections::core::identity_of(story.log(), story.codec());
    projections::Projection projection(generation, story.log(), story.codec(), options);
    std::uint64_t applied = 0;
    // Without work() in between: parts of keyframes go with events alone.
    while (projection.projector().advance(Shard(0), 1) == 1) {
        ++applied;
        const auto reading = generation->reader.newest(run);
        if (applied > 1) CHECK(reading.ordinal == applied - 1);
    }
    CHECK(applied == 252);
    const std::uint64_t before = generation->reader.head(run)->base;
    CHECK(before > 0);
    // Started again with unfinished parts behind it, it writes them anew.
    story.set(run, "last", json::Value::integer(1));
    projections::Projection again(generation, story.log(), story.codec(), options);
    while (again.projector().advance(Shard(0), 100) > 0 || again.projector().work()) continue;
    CHECK(generation->reader.newest(run).ordinal == 252);
}

TEST_CASE("history: a chain of forks is never read deeper than a few documents [V-26]") {
    Story story(1);
    story.create_swarm("s");
    Stream run = story.start_run("s", "r0");
    for (int n = 1; n <= 30; ++n) {
        story.set(run, "k" + std::to_string(n), json::Value::integer(n));
        run = story.fork(run, "r" + std::to_string(n));
    }
    for (int n = 0; n < 30; ++n) story.restore(run, Version(1));
    const Built built(story);
    std::size_t keyframes = 0;
    for (const Stream& stream : story.streams()) {
        const auto head = built.generation->reader.head(stream);
        REQUIRE(head);
        CHECK(head->past_reads <= 5);
        keyframes += built.rows_of(projections::store::KeyKind::kKeyframe, stream);
    }
    CHECK(keyframes >= 6);
    const replay::LogStates fold(story.log(), story.codec(), replay::Snapshots::kIgnore);
    CHECK(test::difference(*built.generation->reader.newest(run).state, *fold.latest(run)) == "");
}
