// The contract of the view store, on both implementations.
#include <rocksdb/db.h>
#include <catch2/catch.hpp>

#include "projections/store/keys.h"
#include "projections/store/memory_view_store.h"
#include "projections/store/rocks_view_store.h"
#include "tests/contract/temp_directory.h"

namespace {

using namespace skein::projections::store;
using skein::test::TempDirectory;

struct MemoryBackend {
    std::unique_ptr<ViewStore> store = std::make_unique<MemoryViewStore>();
    void damage(const std::string& key) { static_cast<MemoryViewStore&>(*store).damage(key); }
};

struct RocksBackend {
    TempDirectory directory;
    std::unique_ptr<ViewStore> store = open();

    std::unique_ptr<ViewStore> open() {
        return open_rocks_view_store({directory.path() + "/rows", nullptr});
    }
    void damage(const std::string& key) {
        store.reset();
        rocksdb::DB* raw = nullptr;
        REQUIRE(rocksdb::DB::Open({}, directory.path() + "/rows", &raw).ok());
        std::string value;
        REQUIRE(raw->Get({}, key, &value).ok());
        value.front() = static_cast<char>(value.front() ^ 1);
        REQUIRE(raw->Put({}, key, value).ok());
        delete raw;
        store = open();
    }
};

void write(ViewStore& store, const std::vector<Row>& rows) {
    const auto batch = store.make_batch();
    for (const Row& row : rows) batch->put(row.key, row.value);
    store.write(*batch, Journal::kKept);
}

std::vector<std::string> keys_in(const ViewStore& store, const std::string& from,
                                 const std::string& to) {
    std::vector<std::string> keys;
    store.scan(from, to, [&](std::string_view key, std::string_view) {
        keys.emplace_back(key);
        return true;
    });
    return keys;
}

}  // namespace

TEMPLATE_TEST_CASE("view store: rows are read by key, by the key before and in order", "",
                   MemoryBackend, RocksBackend) {
    TestType backend;
    write(*backend.store, {{"a", "1"}, {"c", ""}, {"b", "2"}});
    CHECK(backend.store->get("a") == "1");
    CHECK(backend.store->get("c") == "");
    CHECK(!backend.store->get("d"));
    CHECK(backend.store->seek_for_prev("bz", "a")->key == "b");
    CHECK(backend.store->seek_for_prev("b", "a")->value == "2");
    CHECK(!backend.store->seek_for_prev("b", "ba"));
    CHECK(!backend.store->seek_for_prev("0", ""));
    CHECK(keys_in(*backend.store, "a", "c") == std::vector<std::string>{"a", "b"});
    int seen = 0;
    backend.store->scan("a", "z", [&](std::string_view, std::string_view) { return ++seen < 2; });
    CHECK(seen == 2);
}

TEMPLATE_TEST_CASE("view store: a cursor goes forth and back within its range", "", MemoryBackend,
                   RocksBackend) {
    TestType backend;
    write(*backend.store, {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}});
    const auto rows = backend.store->walk("b", "e");
    CHECK(!rows->found());
    REQUIRE(rows->seek_for_prev("cx"));
    CHECK(rows->found());
    CHECK(rows->key() == "c");
    CHECK(rows->value() == "3");
    REQUIRE(rows->seek("b"));
    CHECK(rows->value() == "2");
    REQUIRE(rows->next());
    REQUIRE(rows->next());
    CHECK(rows->key() == "d");
    CHECK(!rows->next());
    REQUIRE(rows->seek_for_prev("d"));
    CHECK(rows->value() == "4");
    CHECK(!rows->seek("dx"));
    CHECK(!rows->found());
    CHECK(!rows->seek_for_prev("ax"));
    CHECK(rows->seek("a"));
    CHECK(rows->key() == "b");
}

// Filters may keep a read of one document away from runs without it, never from its rows.
TEMPLATE_TEST_CASE("view store: documents in many sorted runs are found, alone and together", "",
                   MemoryBackend, RocksBackend) {
    using skein::Shard;
    using skein::Stream;
    constexpr std::uint64_t kRuns = 6;
    constexpr std::uint64_t kDocuments = 20;
    TestType backend;
    const auto keys_of = [](std::uint64_t document) {
        return DocumentKeys(Shard(3), Stream("swarm/s/run/r" + std::to_string(document)));
    };
    // Of each document some ordinals in each run but its own sixth, and one run only in memory.
    std::size_t written = 0;
    for (std::uint64_t run = 0; run < kRuns; ++run) {
        std::vector<Row> rows;
        for (std::uint64_t document = 0; document < kDocuments; ++document) {
            if (document % kRuns == run) continue;
            rows.push_back({keys_of(document).delta(run + 1), std::to_string(run)});
            rows.push_back({keys_of(document).keyframe(run + 1, 0), "k"});
        }
        written += rows.size();
        write(*backend.store, rows);
        if (run + 1 < kRuns) backend.store->flush();
    }
    for (std::uint64_t document = 0; document < kDocuments; ++document) {
        const DocumentKeys keys = keys_of(document);
        const std::uint64_t last = document % kRuns == kRuns - 1 ? kRuns - 1 : kRuns;
        const KeyRange history = keys.history();
        const auto rows = backend.store->walk(history.from, history.to);
        REQUIRE(rows->seek(history.from));
        CHECK(rows->key() == keys.delta(last));
        const auto oldest = backend.store->seek_for_prev(keys.keyframe(0, 0), keys.delta(~0ULL));
        REQUIRE(oldest);
        CHECK(oldest->key == keys.keyframe(document % kRuns == 0 ? 2 : 1, 0));
        CHECK(keys_in(*backend.store, keys.delta(last), keys.delta(1)).size() ==
              2 * (kRuns - 1) - (document % kRuns == 0 ? 0 : 2));
        CHECK(keys_in(*backend.store, history.from, history.to).size() == 2 * (kRuns - 1));
    }
    const DocumentKeys absent(Shard(3), Stream("swarm/s/run/none"));
    CHECK(!backend.store->seek_for_prev(absent.delta(0), absent.delta(~0ULL)));
    CHECK(keys_in(*backend.store, absent.delta(9), absent.delta(1)).empty());
    const KeyRange all = scope_range(Shard(3), "swarm/s");
    CHECK(keys_in(*backend.store, all.from, all.to).size() == written);
}

TEMPLATE_TEST_CASE("view store: a batch replaces and erases in its own order", "", MemoryBackend,
                   RocksBackend) {
    TestType backend;
    write(*backend.store, {{"a", "1"}, {"b", "1"}, {"c", "1"}});
    const auto batch = backend.store->make_batch();
    batch->erase_range("a", "c");
    batch->put("b", "2");
    batch->erase("c");
    CHECK(batch->bytes() > 0);
    backend.store->write(*batch, Journal::kKept);
    CHECK(keys_in(*backend.store, "", "z") == std::vector<std::string>{"b"});
    CHECK(backend.store->get("b") == "2");
    backend.store->write(*batch, Journal::kKept);  // empty by now
    CHECK(backend.store->get("b") == "2");
}

TEMPLATE_TEST_CASE("view store: a sorted run goes in with one call and hides older rows", "",
                   MemoryBackend, RocksBackend) {
    TestType backend;
    write(*backend.store, {{"b", "old"}});
    backend.store->ingest({{"a", "1"}, {"b", "new"}, {"checkpoint", "3"}});
    CHECK(backend.store->get("b") == "new");
    CHECK(keys_in(*backend.store, "", "z").size() == 3);
    backend.store->flush();
    CHECK(backend.store->stats().rows >= 3);
}

TEMPLATE_TEST_CASE("view store: a large batch without journal has its last row of each key", "",
                   MemoryBackend, RocksBackend) {
    TestType backend;
    write(*backend.store, {{"k5", "old"}, {"k7", "old"}});
    const auto batch = backend.store->make_batch();
    const bool with_erase = GENERATE(false, true);
    const std::string first(400, 'x');
    const std::string second(400, 'y');
    for (const std::string& value : {first, second}) {
        for (int n = 9999; n >= 0; --n) batch->put("k" + std::to_string(n), value);
    }
    if (with_erase) batch->erase("k7");
    backend.store->write(*batch, Journal::kSkipped);
    CHECK(keys_in(*backend.store, "", "z").size() == (with_erase ? 9999 : 10000));
    CHECK(backend.store->get("k5") == second);
    CHECK(backend.store->get("k7").has_value() != with_erase);
    CHECK(batch->bytes() < 100);
}

TEMPLATE_TEST_CASE("view store: an edited row is never given out", "", MemoryBackend,
                   RocksBackend) {
    TestType backend;
    write(*backend.store, {{"a", "one"}, {"b", "two"}});
    backend.damage("b");
    CHECK(backend.store->get("a") == "one");
    CHECK_THROWS_AS(backend.store->get("b"), ViewDamage);
    CHECK_THROWS_AS(backend.store->seek_for_prev("z", ""), ViewDamage);
    CHECK_THROWS_AS(keys_in(*backend.store, "", "z"), ViewDamage);
    std::vector<std::string> broken;
    std::size_t seen = 0;
    const auto look = [&](std::string_view key, bool sound) {
        if (!sound) broken.emplace_back(key);
        ++seen;
        return true;
    };
    backend.store->check_rows("", "", look);
    CHECK(broken == std::vector<std::string>{"b"});
    CHECK(seen == 2);
    backend.store->check_rows("a", "b", look);
    CHECK(seen == 3);
    backend.store->check_rows("", "", [&](std::string_view, bool) { return ++seen < 4; });
    CHECK(seen == 4);
}

TEST_CASE("view store: rows written to disk are there after closing") {
    RocksBackend backend;
    write(*backend.store, {{"a", "1"}});
    const auto batch = backend.store->make_batch();
    batch->put("b", "2");
    backend.store->write(*batch, Journal::kSkipped);
    backend.store->flush();
    backend.store.reset();
    backend.store = backend.open();
    CHECK(backend.store->get("a") == "1");
    CHECK(backend.store->get("b") == "2");
    backend.store->destroy_when_closed();
    backend.store.reset();
    CHECK(!std::filesystem::exists(backend.directory.path() + "/rows"));
}

TEST_CASE("view keys: order is the order of shard, scope and kind; histories stand newest first") {
    const skein::Stream run("swarm/s1/run/r1");
    const DocumentKeys keys(skein::Shard(3), run);
    CHECK(keys.delta(10) < keys.delta(9));
    CHECK(keys.delta(256) < keys.delta(255));
    CHECK(keys.delta(2) < keys.keyframe(2, 0));
    CHECK(keys.keyframe(2, 7) < keys.delta(1));
    CHECK(keys.delta(1) < keys.keyframe(1, 0));
    using Place = skein::projections::store::HistoryPlace;
    CHECK(keys.history_place(keys.delta(258)) == Place{258, Place::Row::kDelta});
    CHECK(keys.history_place(keys.keyframe(258, 3)) == Place{258, Place::Row::kKeyframe});
    CHECK(keys.head() < keys.delta(~0ULL));
    CHECK(keys.version(skein::Version(2)) < keys.version(skein::Version(3)));
    const KeyRange range = scope_range(skein::Shard(3), "swarm/s1");
    CHECK(range.from < keys.head());
    CHECK(keys.keyframe(0, 9) < range.to);
    CHECK_FALSE(DocumentKeys(skein::Shard(3), skein::Stream("swarm/s10")).head() < range.to);
    const auto place = place_of_row(keys.keyframe(7, 2));
    REQUIRE(place);
    CHECK(place->stream == run);
    CHECK(place->ordinal == 7);
    CHECK(place->kind == KeyKind::kKeyframe);
    CHECK(stream_of_reserved(index_key("run", run.str())) == run);
    CHECK(!place_of_row(checkpoint_key(skein::Shard(1))));
    CHECK(!place_of_row("x"));
}
