// The verifier: whatever is done to a row, with a checksum that fits, it says which one.
#include <catch2/catch.hpp>

#include <random>
#include <set>

#include "projections/core/checkpoints.h"
#include "projections/query/verifier.h"
#include "projections/store/keys.h"
#include "projections/store/memory_view_store.h"
#include "projections/store/row_checksum.h"
#include "tests/unit/projections/equals_fold.h"

namespace {

using namespace skein;
using projections::GenerationView;
using projections::Verifier;
using projections::Views;
using projections::store::Journal;
using projections::store::KeyKind;
using projections::store::MemoryViewStore;
using projections::store::Row;
using test::Story;

// A story's rows in memory, projected by a projector that is started anew now and then.
class Rows {
 public:
    explicit Rows(Story& story)
        : story_(story),
          store_(std::make_shared<MemoryViewStore>()),
          generation_(std::make_shared<const GenerationView>("g", store_, story.codec(),
                                                             story.log().shard_count())) {}

    void project() {
        projections::Projection::Options options;
        options.projector.identity = projections::core::identity_of(story_.log(), story_.codec());
        projections::Projection projection(generation_, story_.log(), story_.codec(), options);
        for (std::uint32_t shard = 0; shard < story_.log().shard_count(); ++shard)
            while (projection.projector().advance(Shard(shard), 7) > 0) continue;
        if (++starts_ % 2 == 0)  // else keyframes stay unfinished, as after a crash
            while (projection.projector().work()) continue;
    }

    std::vector<Views::RowFailure> verify(std::optional<Stream> only = std::nullopt) const {
        return Verifier(*generation_, story_.log(), story_.codec()).run({std::move(only), {}, {}});
    }

    std::vector<Row> all() const {
        std::vector<Row> rows;
        store_->check_rows({}, {}, [&](std::string_view key, bool) {
            rows.push_back({std::string(key), *store_->get(key)});
            return true;
        });
        return rows;
    }
    void put(const std::string& key, const std::string& value) {
        const auto batch = store_->make_batch();
        batch->put(key, value);
        store_->write(*batch, Journal::kKept);
    }
    void erase(const std::string& key) {
        const auto batch = store_->make_batch();
        batch->erase(key);
        store_->write(*batch, Journal::kKept);
    }

 private:
    Story& story_;
    std::shared_ptr<MemoryViewStore> store_;
    std::shared_ptr<const GenerationView> generation_;
    int starts_ = 0;
};

KeyKind kind_of(const std::string& key) {
    if (const auto place = projections::store::place_of_row(key)) return place->kind;
    return static_cast<KeyKind>(key[4]);
}

std::string shown(const std::vector<Views::RowFailure>& failures) {
    std::string text;
    for (const auto& failure : failures)
        text += fmt::format("{} {}: {} / {}\n", failure.stream.str(), failure.what,
                            failure.expected, failure.found);
    return text;
}

// Every row; under a sanitizer, where verifying takes ten times as long, every eighth of each kind.
std::vector<Row> rows_to_damage(const std::vector<Row>& all) {
    std::vector<Row> chosen;
    std::map<KeyKind, std::size_t> met;
    for (const Row& row : all)
        if (met[kind_of(row.key)]++ % SKEIN_ROWS_STRIDE == 0) chosen.push_back(row);
    return chosen;
}

void tell_all_kinds(Story& story, Rows& rows) {
    story.tell(60);
    rows.project();
    story.tell(60);
    rows.project();
    const Stream sick = story.start_run("s1", "sick");
    story.append_bytes(
        sick,
        [](std::string bytes) {
            const std::size_t at = bytes.find("ContextUpdated");
            bytes[at] = 'X';
            return bytes;
        },
        std::make_shared<domain::run::ContextUpdated>());
    story.set(sick, "behind", json::Value::integer(1));
    rows.project();
    rows.project();
}

// What a crash may leave: parts of a keyframe that was never finished, and chunks that only the
// parts behind those would have named. Nothing reads them.
bool is_leftover(const Row& row, const std::vector<Row>& all) {
    const auto place = projections::store::place_of_row(row.key);
    if (kind_of(row.key) == KeyKind::kKeyframe) {
        for (const Row& other : all) {
            const auto there = projections::store::place_of_row(other.key);
            if (kind_of(other.key) == KeyKind::kKeyframe && there->stream == place->stream &&
                there->ordinal == place->ordinal && other.value.front() == 1)
                return false;
        }
        return true;
    }
    if (kind_of(row.key) != KeyKind::kChunk) return false;
    const std::string id = row.key.substr(row.key.size() - 16);
    for (const Row& other : all)
        if (kind_of(other.key) == KeyKind::kKeyframe && other.value.find(id) != std::string::npos)
            return false;
    return true;
}

}  // namespace

TEST_CASE("verify: rows of any history are what the log gives, restarts included [V-170][V-171]") {
    for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
        CAPTURE(seed);
        Story story(seed);
        Rows rows(story);
        for (int part = 0; part < 6; ++part) {
            story.tell(80);
            rows.project();
            INFO(shown(rows.verify()));
            REQUIRE(rows.verify().empty());
        }
        for (const Stream& stream : story.streams()) REQUIRE(rows.verify(stream).empty());
    }
}

TEST_CASE("verify: an edited row is found, whichever it is and whatever the edit [V-170][V-171]") {
    Story story(7, 2);
    Rows rows(story);
    tell_all_kinds(story, rows);
    INFO(shown(rows.verify()));
    REQUIRE(rows.verify().empty());
    std::map<KeyKind, int> kinds;
    std::mt19937 random(7);
    for (const Row& row : rows_to_damage(rows.all())) {
        CAPTURE(projections::store::show_key(row.key), to_hex(row.value.substr(0, 200)));
        ++kinds[kind_of(row.key)];
        std::string edited = row.value;
        if (edited.empty()) edited.push_back('x');
        // The figures at the end of a checkpoint are no business of the log.
        const bool is_checkpoint = kind_of(row.key) == KeyKind::kCheckpoint;
        const std::size_t size = is_checkpoint ? edited.size() / 2 : edited.size();
        char& byte = edited[random() % size];
        byte = static_cast<char>(byte ^ (1U << random() % 8));
        rows.put(row.key, edited);
        CHECK_FALSE(rows.verify().empty());
        rows.put(row.key, row.value);
    }
    CHECK(kinds.size() == 9);
    CHECK(rows.verify().empty());
}

TEST_CASE("verify: a removed row is found, whichever it is [V-170][V-171]") {
    Story story(8, 2);
    Rows rows(story);
    tell_all_kinds(story, rows);
    const std::vector<Row> all = rows.all();
    std::size_t leftovers = 0;
    for (const Row& row : rows_to_damage(all)) {
        if (is_leftover(row, all)) {
            ++leftovers;
            continue;
        }
        CAPTURE(projections::store::show_key(row.key));
        rows.erase(row.key);
        CHECK_FALSE(rows.verify().empty());
        rows.put(row.key, row.value);
    }
    CHECK(leftovers < all.size() / 4);
    CHECK(rows.verify().empty());
}

TEST_CASE("verify: a row too many is found, whichever it is [V-170][V-171]") {
    Story story(9, 2);
    Rows rows(story);
    tell_all_kinds(story, rows);
    const std::vector<Row> all = rows.all();
    std::set<std::string> keys;
    for (const Row& row : all) keys.insert(row.key);
    for (const Row& row : rows_to_damage(all)) {
        std::string key = row.key;
        key.back() = static_cast<char>(key.back() + 1);
        if (keys.count(key) > 0) key.push_back('z');
        CAPTURE(projections::store::show_key(row.key), to_hex(key));
        rows.put(key, row.value);
        CHECK_FALSE(rows.verify().empty());
        rows.erase(key);
    }
    CHECK(rows.verify().empty());
}

TEST_CASE("verify: a failure names the row and its place in history [V-170]") {
    Story story(10);
    story.create_swarm("s");
    const Stream run = story.start_run("s", "r");
    story.set(run, "a", json::Value::integer(1));
    Rows rows(story);
    rows.project();
    for (const Row& row : rows.all()) {
        const auto place = projections::store::place_of_row(row.key);
        if (!place || place->stream != run || place->kind != KeyKind::kDelta || place->ordinal != 2)
            continue;
        std::string edited = row.value;
        edited.back() = static_cast<char>(edited.back() ^ 1);
        rows.put(row.key, edited);
    }
    const auto failures = rows.verify();
    REQUIRE(failures.size() == 1);
    CHECK(failures[0].what == "delta");
    CHECK(failures[0].stream == run);
    CHECK(failures[0].version == Version(2));
    CHECK(failures[0].position == Position(3));
    CHECK(failures[0].shard == log::shard_of(story.log(), run));
    CHECK(failures[0].expected.find("delta 2: ") == 0);
    CHECK(rows.verify(Stream("swarm/s")).empty());
    CHECK(rows.verify(run).size() == 1);
}
