// write_golden FOLDER: the golden files of a new format. FOLDER must not exist: what was written
// once is never written again.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "engine/codec/envelope.h"
#include "engine/codec/event_json.h"
#include "engine/codec/snapshot.h"
#include "engine/domain/kinds/standard.h"
#include "tests/unit/codec/golden_files.h"
#include "tests/unit/codec/random_events.h"

namespace skein::tests {

namespace {

namespace fs = std::filesystem;

void write_file(const fs::path& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file << content << std::flush;
    if (!file.good()) throw std::runtime_error(path.string() + " cannot be written");
}

void write_event(const fs::path& folder, const domain::EventType& type, std::uint64_t seed) {
    Dice dice(seed);
    dice.make_rich();
    const domain::Event event = random_event(type.name, dice);
    const std::string bytes = codec::encode_event(event, golden_previous(), standard());
    const Hash hash =
        codec::chain_next(event.meta.shard, event.meta.position, golden_previous(), bytes);
    write_file(folder / (std::string(type.name) + ".bin"), bytes);
    write_file(folder / (std::string(type.name) + ".json"),
               codec::event_json(event, hash).text() + "\n");
}

void write_state(const fs::path& folder, const std::string& kind,
                 const std::shared_ptr<const domain::State>& state) {
    write_file(folder / (kind + ".snapshot.bin"), codec::encode_snapshot(state, standard()));
    write_file(folder / (kind + ".state.json"), state->document(kGoldenNow).text() + "\n");
    int index = 0;
    for (const std::string& slice : golden_slices(state, kind))
        write_file(folder / (kind + ".slice" + std::to_string(index++) + ".bin"), slice);
}

void write_golden(const fs::path& folder) {
    if (fs::exists(folder)) throw std::runtime_error(folder.string() + " is there already");
    fs::create_directories(folder);
    std::uint64_t seed = 1;
    for (const domain::EventType* type : all_types()) write_event(folder, *type, seed++);
    Dice dice(seed);
    dice.make_rich();
    write_state(folder, "run", random_run(dice, {4, 200}));
    write_state(folder, "swarm", random_swarm(dice, {4, 200}));
}

}  // namespace

}  // namespace skein::tests

int main(int count, char** words) {
    if (count != 2) {
        std::cerr << "usage: write_golden FOLDER (a new one, like tests/data/golden/v2)\n";
        return 2;
    }
    try {
        skein::tests::write_golden(words[1]);
    } catch (const std::exception& problem) {
        std::cerr << "write_golden: " << problem.what() << "\n";
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
