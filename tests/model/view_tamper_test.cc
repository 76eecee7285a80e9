// Rows of views that were edited behind skein's back: verify finds each one.
#include <rocksdb/db.h>

#include <catch2/catch.hpp>
#include <memory>

#include "projections/query/views.h"
#include "projections/store/keys.h"
#include "tests/contract/temp_directory.h"
#include "tests/model/history.h"

namespace skein::model {

namespace {

struct RawRow {
    std::string key;
    std::string value;
};

// The rows of a closed view, as an editor of files would see them.
class RawRows {
 public:
    explicit RawRows(const std::string& directory) {
        rocksdb::DB* opened = nullptr;
        REQUIRE(rocksdb::DB::Open({}, directory + "/g000001", &opened).ok());
        store_.reset(opened);
    }
    // Of documents: the others say how far the view is, and opening it looks at them.
    std::vector<RawRow> all() const {
        std::vector<RawRow> rows;
        const std::unique_ptr<rocksdb::Iterator> at(store_->NewIterator({}));
        for (at->SeekToFirst(); at->Valid(); at->Next()) {
            if (projections::store::place_of_row(at->key().ToStringView()))
                rows.push_back({at->key().ToString(), at->value().ToString()});
        }
        return rows;
    }
    void put(const RawRow& row) { REQUIRE(store_->Put({}, row.key, row.value).ok()); }

 private:
    std::unique_ptr<rocksdb::DB> store_;
};

}  // namespace

TEST_CASE("verify: an edited row of a view is found, whichever it is [V-170][V-171]", "[model]") {
    History history(21);
    REQUIRE(history.play(12).empty());
    test::MemoryEngine& engine = history.engine();
    const test::TempDirectory directory;
    projections::ViewOptions options;
    options.directory = directory.path();
    const Shard shard = log::shard_of(engine.log, history.swarm_stream());
    const auto findings = [&] {
        const auto views = projections::Views::open(options, engine.log, engine.codec);
        // Rows beyond what was applied would not be looked at.
        REQUIRE(views->applied(shard) == engine.log.head(shard).position);
        return views->verify(std::nullopt, {}).size();
    };
    projections::Views::open(options, engine.log, engine.codec)->catch_up();
    REQUIRE(findings() == 0);

    const auto rows = RawRows(directory.path()).all();
    REQUIRE(rows.size() > 10);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(i, rows.size());
        RawRow edited = rows[i];
        char& byte = edited.value[(i * 7) % edited.value.size()];
        byte = static_cast<char>(byte ^ (1 << (i % 8)));
        RawRows(directory.path()).put(edited);
        CHECK(findings() > 0);
        RawRows(directory.path()).put(rows[i]);
    }
    CHECK(findings() == 0);
}

}  // namespace skein::model
