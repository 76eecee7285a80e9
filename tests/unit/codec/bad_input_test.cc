// Malformed FlatBuffers of others (tests/data/flatbuffers-bad-input): never taken, never a crash.

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/codec/envelope.h"
#include "engine/codec/snapshot.h"
#include "engine/domain/kinds/standard.h"
#include "tests/unit/codec/random_events.h"

namespace skein::tests {

namespace {

std::vector<std::string> bad_inputs() {
    std::vector<std::string> inputs;
    const auto folder = std::filesystem::path(SKEIN_TEST_DATA) / "flatbuffers-bad-input";
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
        if (!file.is_regular_file() || file.path().parent_path() == folder) continue;
        std::ostringstream content;
        content << std::ifstream(file.path(), std::ios::binary).rdbuf();
        inputs.push_back(content.str());
    }
    return inputs;
}

// The input as it is, and with an identifier of ours, so that the verifier looks further.
std::vector<std::string> with_identifiers(const std::string& input) {
    std::vector<std::string> inputs = {input};
    if (input.size() < 8) return inputs;
    for (const char* identifier : {"SKEV", "SKRN", "SKSW", "SKSN"}) {
        inputs.push_back(input);
        inputs.back().replace(4, 4, identifier);
    }
    return inputs;
}

// A payload of another schema may happen to fit one of ours: then all of it is read, and written
// again it says the same.
void check_taken_whole(const codec::Codec& standard, std::string_view type,
                       const std::string& input) {
    const auto taken = standard.decode_payload(type, 1, input);
    if (!taken) return;
    const auto again = standard.decode_payload(type, 1, standard.encode_payload(**taken));
    REQUIRE(again);
    CHECK((*again)->data() == (*taken)->data());
}

}  // namespace

TEST_CASE("codec: the malformed buffers of the FlatBuffers project are never taken [V-170]") {
    const domain::Registry registry = domain::standard_registry();
    const codec::Codec standard = codec::standard_codec(registry);
    const std::vector<std::string> inputs = bad_inputs();
    REQUIRE(inputs.size() >= 50);
    for (const std::string& input : inputs) {
        CHECK_FALSE(codec::decode_event(input, standard));
        CHECK_FALSE(codec::decode_head(input));
        CHECK_FALSE(codec::decode_snapshot(input, standard));
        for (const domain::EventType* type : all_types())
            CHECK_FALSE(standard.decode_payload(type->name, 1, input));
        for (const std::string& disguised : with_identifiers(input)) {
            CHECK_FALSE(codec::decode_event(disguised, standard));
            CHECK_FALSE(codec::decode_snapshot(disguised, standard));
            for (const domain::EventType* type : all_types())
                check_taken_whole(standard, type->name, disguised);
        }
    }
}

}  // namespace skein::tests
