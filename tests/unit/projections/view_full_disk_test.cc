// Views on a full disk: no process ends, nothing is lost, the message says why, and with room again
// they go on. The log stands elsewhere, so what was acknowledged is always there.
#include <catch2/catch.hpp>

#include <algorithm>

#include "projections/store/rocks_view_store.h"
#include "tests/contract/temp_directory.h"
#include "tests/unit/projections/equals_fold.h"
#include "tests/unit/projections/full_disk_files.h"

namespace {

using namespace skein;
using projections::Views;
using projections::store::Journal;
using test::FullDiskFiles;
using test::Story;
using test::TempDirectory;

constexpr std::chrono::minutes kPatience{2};

std::unique_ptr<projections::store::ViewStore> open_store(
    const std::string& directory, const std::shared_ptr<FullDiskFiles>& files) {
    return projections::store::open_rocks_view_store({directory, nullptr, files});
}

std::string_view code_of_opening(const std::string& directory,
                                 const std::shared_ptr<FullDiskFiles>& files) {
    try {
        open_store(directory, files);
    } catch (const Fault& fault) {
        return fault.code().name;
    }
    return "";
}

std::string key_of(int n) { return "key" + std::to_string(1000 + n); }

// Writes rows until the store refuses; how many it took.
int write_until_refused(projections::store::ViewStore& store, int from) {
    for (int n = from;; ++n) {
        const auto batch = store.make_batch();
        batch->put(key_of(n), std::string(200, 'v'));
        try {
            store.write(*batch, Journal::kKept);
        } catch (const Fault& fault) {
            CHECK(fault.code().name == "disk-full");
            CHECK_THAT(fault.what(), Catch::Contains("No space left"));
            return n;
        }
    }
}

bool has_row(const projections::store::ViewStore& store, int n) {
    return store.get(key_of(n)) == std::string(200, 'v');
}

std::unique_ptr<Views> open_views(Story& story, const std::string& directory,
                                  const std::shared_ptr<FullDiskFiles>& files) {
    projections::ViewOptions options;
    options.directory = directory;
    options.files = files;
    return Views::open(options, story.log(), story.codec());
}

// The fault of catching up, which must be one of the disk.
Fault refusal_of(Views& views) {
    try {
        views.catch_up();
    } catch (const Fault& fault) {
        return fault;
    }
    FAIL("the views caught up on a full disk");
    return Fault(FaultKind::kConfig, {});
}

// Every point that the log has can be read, whether the views have come to it or not.
void check_all_points(const Views& views, Story& story) {
    const replay::LogStates fold(story.log(), story.codec(), replay::Snapshots::kIgnore);
    for (const Stream& stream : story.streams()) {
        const Position head = story.log().head(log::shard_of(story.log(), stream)).position;
        for (std::uint64_t p = 1; p <= head.value(); p += 29)
            REQUIRE(test::difference(*views.document_at(stream, Position(p)),
                                     *fold.document_at(stream, Position(p))) == "");
    }
}

std::ptrdiff_t generations_in(const std::string& directory) {
    const std::filesystem::directory_iterator files(directory);
    return std::count_if(begin(files), end(files),
                         [](const auto& entry) { return entry.is_directory(); });
}

}  // namespace

TEST_CASE("view store: a full disk refuses writes, keeps what it took, and goes on [V-171]") {
    const TempDirectory directory;
    const auto files = std::make_shared<FullDiskFiles>();
    int written = 0;
    {
        const auto store = open_store(directory.path(), files);
        files->set_room(5000);
        written = write_until_refused(*store, 0);
        CHECK(written > 10);
        CHECK(write_until_refused(*store, written) == written);
        for (int n = 0; n < written; ++n) CHECK(has_row(*store, n));
        CHECK_FALSE(has_row(*store, written));
    }
    CHECK(code_of_opening(directory.path(), files) == "disk-full");
    files->set_room(FullDiskFiles::kEndless);
    const auto store = open_store(directory.path(), files);
    for (int n = 0; n < written; ++n) CHECK(has_row(*store, n));
    CHECK_FALSE(has_row(*store, written));
    files->set_room(5000);
    CHECK(write_until_refused(*store, written) > written);
    CHECK(files->text_logs() == 0);
}

TEST_CASE("views: on a full disk readers get the fold, and with room they catch up [V-20][V-171]") {
    const std::uint64_t room = GENERATE(0U, 1000U, 20000U, 120000U);
    CAPTURE(room);
    const TempDirectory directory;
    const auto files = std::make_shared<FullDiskFiles>();
    Story story(41);
    story.tell(150);
    const auto views = open_views(story, directory.path(), files);
    views->catch_up();
    story.tell(600);
    files->set_room(room);
    for (int attempt = 0; attempt < 3; ++attempt) {
        const Fault fault = refusal_of(*views);
        CHECK(fault.code().name == "disk-full");
        CHECK_THAT(fault.what(), Catch::Contains("No space left"));
        CHECK_THAT(fault.remedy(), Catch::Contains("disk of the view directory"));
    }
    CHECK(generations_in(directory.path()) == 1);
    check_all_points(*views, story);
    files->set_room(FullDiskFiles::kEndless);
    views->catch_up();
    CHECK(test::difference_from_fold(*views, story, 97) == "");
    CHECK(views->verify(std::nullopt, {}).empty());
    CHECK(generations_in(directory.path()) == 1);
    CHECK(files->text_logs() == 0);
}

TEST_CASE("views: the projector outlives a full disk and says why it stands still [V-171]") {
    const TempDirectory directory;
    const auto files = std::make_shared<FullDiskFiles>();
    Story story(42);
    const auto views = open_views(story, directory.path(), files);
    files->set_room(3000);
    views->start();
    story.tell(200);
    REQUIRE(files->wait_for_refusal(kPatience));
    story.tell(100);
    files->set_room(0);
    REQUIRE(files->wait_for_refusal(kPatience));
    files->set_room(0);
    REQUIRE(files->wait_for_refusal(kPatience));  // it tries again
    CHECK_THAT(views->counters().failure, Catch::Contains("No space left"));
    files->set_room(FullDiskFiles::kEndless);
    for (const Stream& stream : story.streams()) {
        const Shard shard = log::shard_of(story.log(), stream);
        REQUIRE(views->wait_for(shard, story.log().head(shard).position, kPatience));
    }
    views->stop();
    CHECK(views->verify(std::nullopt, {}).empty());
    CHECK(test::difference_from_fold(*views, story, 41) == "");
}
