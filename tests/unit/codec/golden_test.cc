// Golden bytes: what the first format wrote is read for ever, and is still what is written.
//
// A change of format gets a new folder beside v1; files of a folder never change. README.md says
// how a folder is made.

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/codec/envelope.h"
#include "engine/codec/event_json.h"
#include "engine/codec/snapshot.h"
#include "engine/domain/kinds/standard.h"
#include "tests/unit/codec/random_events.h"
#include "tests/unit/codec/standard_kinds.h"

namespace skein::tests {

namespace {

namespace fs = std::filesystem;

const fs::path kFolders = fs::path(SKEIN_TEST_DATA) / "golden";
const fs::path kGolden = kFolders / "v1";
constexpr Timestamp kNow{1'800'000'000'000'000};
constexpr std::size_t kSliceBytes = 1000;
const Hash kPrevious = blake2b_256("golden");

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file.good());
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

void write_file(const fs::path& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file << content;
    REQUIRE(file.good());
}

std::vector<std::string> slices_of(const std::shared_ptr<const domain::State>& state,
                                   const std::string& kind) {
    std::vector<std::string> slices;
    const auto slicer = standard().kind_codec(kind).slice(state, nullptr);
    for (std::string slice; slicer->next(slice, kSliceBytes); slice.clear())
        slices.push_back(slice);
    return slices;
}

void write_state(const fs::path& folder, const std::string& kind,
                 const std::shared_ptr<const domain::State>& state) {
    write_file(folder / (kind + ".snapshot.bin"), codec::encode_snapshot(state, standard()));
    write_file(folder / (kind + ".state.json"), state->document(kNow).text() + "\n");
    int index = 0;
    for (const std::string& slice : slices_of(state, kind))
        write_file(folder / (kind + ".slice" + std::to_string(index++) + ".bin"), slice);
}

}  // namespace

TEST_CASE("golden: writes the folder of a new format, and no other", "[.][golden-write]") {
    const char* name = std::getenv("SKEIN_GOLDEN_FORMAT");
    if (name == nullptr) FAIL("SKEIN_GOLDEN_FORMAT names the new folder, like v2");
    const fs::path folder = kFolders / name;
    REQUIRE_FALSE(fs::exists(folder));
    fs::create_directories(folder);
    std::uint64_t seed = 1;
    for (const domain::EventType* type : all_types()) {
        Dice dice(seed++);
        dice.make_rich();
        const domain::Event event = random_event(type->name, dice);
        const std::string bytes = codec::encode_event(event, kPrevious, standard());
        const Hash hash =
            codec::chain_next(event.meta.shard, event.meta.position, kPrevious, bytes);
        write_file(folder / (std::string(type->name) + ".bin"), bytes);
        write_file(folder / (std::string(type->name) + ".json"),
                   codec::event_json(event, hash).text() + "\n");
    }
    Dice dice(seed);
    dice.make_rich();
    write_state(folder, "run", random_run(dice, {4, 200}));
    write_state(folder, "swarm", random_swarm(dice, {4, 200}));
}

TEST_CASE("golden: events of the first format are read as they were meant [V-170]") {
    for (const domain::EventType* type : all_types()) {
        INFO(type->name);
        const std::string bytes = read_file(kGolden / (std::string(type->name) + ".bin"));
        const auto decoded = codec::decode_event(bytes, standard());
        if (!decoded) FAIL(decoded.error().what);
        const domain::EventMeta& meta = decoded->event.meta;
        const Hash hash = codec::chain_next(meta.shard, meta.position, decoded->previous, bytes);
        CHECK(codec::event_json(decoded->event, hash).text() + "\n" ==
              read_file(kGolden / (std::string(type->name) + ".json")));
        CHECK(codec::encode_event(decoded->event, decoded->previous, standard()) == bytes);
    }
}

TEST_CASE("golden: states of the first format are read as they were meant [V-20]") {
    for (const std::string kind : {"run", "swarm"}) {
        INFO(kind);
        const std::string document = read_file(kGolden / (kind + ".state.json"));
        const auto snapshot =
            codec::decode_snapshot(read_file(kGolden / (kind + ".snapshot.bin")), standard());
        if (!snapshot) FAIL(snapshot.error().what);
        CHECK((*snapshot)->document(kNow).text() + "\n" == document);
        const auto state = registry().make_state((*snapshot)->stream());
        std::vector<std::string> files;
        for (int index = 0;; ++index) {
            const fs::path path = kGolden / (kind + ".slice" + std::to_string(index) + ".bin");
            if (!fs::exists(path)) break;
            files.push_back(read_file(path));
            const auto problem = standard().kind_codec(kind).load(*state, files.back(), nullptr);
            if (problem) FAIL(problem->what);
        }
        CHECK(files.size() > 1);
        CHECK(state->document(kNow).text() + "\n" == document);
        CHECK(slices_of(state, kind) == files);
    }
}

}  // namespace skein::tests
