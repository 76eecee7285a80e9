// Golden bytes: what the first format wrote is read for ever, and is still what is written.
//
// A change of format gets a new folder beside v1; files of a folder never change. README.md says
// how a folder is made.

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/codec/envelope.h"
#include "engine/codec/event_json.h"
#include "engine/codec/snapshot.h"
#include "engine/domain/kinds/standard.h"
#include "tests/unit/codec/golden_files.h"
#include "tests/unit/codec/random_events.h"

namespace skein::tests {

namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(SKEIN_TEST_DATA) / "golden" / "v1";

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file.good());
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

}  // namespace

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
        CHECK((*snapshot)->document(kGoldenNow).text() + "\n" == document);
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
        CHECK(state->document(kGoldenNow).text() + "\n" == document);
        CHECK(golden_slices(state, kind) == files);
    }
}

}  // namespace skein::tests
