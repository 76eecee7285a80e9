// Real files cut short, then whole, into the same store: the states are those of the whole file.
#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "tests/unit/cli/terminal.h"
#include "tests/unit/import/recorder.h"

using namespace skein;
using namespace skein::import::testing;
using skein::test::Terminal;
using skein::test::Typed;
using std::filesystem::path;

namespace {

struct Whole {
    std::string format;
    std::string name;  // with the folder that names the swarm
    std::string content;
};

std::string content_of(const path& file) {
    std::ifstream in(file, std::ios::binary);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The commands that a file makes, one a line: a real file of the format jsonl.
std::string commands_of(const std::string& format, const path& file) {
    Recorder recorder;
    recorder.keep_texts = true;
    recorder.import(format, file);
    std::string lines;
    for (const std::string& text : recorder.texts) lines += text + "\n";
    return lines;
}

// A file of each format; of a set that is not there, none.
std::vector<Whole> whole_files() {
    const std::vector<std::array<std::string, 3>> rows{
        {"tau-bench", "tau-bench", "airline_trajectories.jsonl"},
        {"who-and-when", "who-and-when", "hand-crafted/11.json"},
        {"swe-agent", "swe-agent-traj", "function_calling_simple.traj"},
        {"swe-agent", "swe-agent-traj", "ctf_misc_networking_1.traj"},
        {"inspect", "inspect-logs", "logs/2025-05-12T20-28-13-04-00_popularity.json"},
        {"temporal", "temporal-histories", "scheduler/replay_v1.21.5.json"},
        {"editing-traces", "editing-traces", "sequential_sveltecomponent.json"}};
    std::vector<Whole> files;
    for (const auto& [format, set, name] : rows) {
        // The first root is the smaller one.
        for (const path& root : roots(set)) {
            if (!std::filesystem::exists(root / name)) continue;
            files.push_back({format, name, content_of(root / name)});
            if (format == "swe-agent")
                files.push_back({"jsonl", name + ".jsonl", commands_of(format, root / name)});
            break;
        }
    }
    return files;
}

// The digests of all runs and their swarms, by address. Every swarm here has runs.
std::map<std::string, std::string> digests(Terminal& terminal) {
    std::set<std::string> addresses;
    const json::Value list = terminal.json({"ls", "runs", "--limit", "1000"});
    for (const json::Value& item : list.find("items")->elements()) {
        const std::string run = *item.find("resource")->as_string();
        addresses.insert({run, run.substr(0, run.find("/run/"))});
    }
    REQUIRE(!addresses.empty());
    std::map<std::string, std::string> found;
    const auto store = terminal.open();
    for (const std::string& address : addresses) {
        const auto snapshot = store->read(address);
        REQUIRE(snapshot);
        found[address] = snapshot->document().find("digest")->text();
    }
    return found;
}

// A line without its end is whole, and so is a document without the line's end behind it.
bool is_sound(const Whole& whole, std::size_t cut) {
    const bool is_lines =
        import::find_importer(whole.format)->layout() == import::FileLayout::kLines;
    return whole.content[cut] == '\n' && (is_lines || cut + 1 == whole.content.size());
}

Typed import_into(Terminal& terminal, const Whole& whole, std::size_t bytes,
                  const std::vector<std::string>& options = {}) {
    const path file = path(terminal.path("in")) / whole.name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << whole.content.substr(0, bytes);
    std::vector<std::string> words{"import", whole.format, file.string()};
    words.insert(words.end(), options.begin(), options.end());
    return terminal.type(words);
}

}  // namespace

TEST_CASE("import: a file cut short and then whole gives the states of the whole file",
          "[import][cli]") {
    const std::vector<Whole> files = whole_files();
    REQUIRE(files.size() >= 5);
    for (const Whole& whole : files) {
        INFO(whole.format << " " << whole.name);
        const std::size_t size = whole.content.size();
        Terminal fresh;
        REQUIRE(import_into(fresh, whole, size).exit == 0);
        const auto expected = digests(fresh);
        for (const std::size_t cut :
             {size / 10, size * 35 / 100, size * 60 / 100, size * 90 / 100, size - 1}) {
            INFO("cut to " << cut << " of " << size << " bytes");
            Terminal mended;
            const int expected_exit = is_sound(whole, cut) ? 0 : 4;
            CHECK(import_into(mended, whole, cut).exit == expected_exit);
            CHECK(import_into(mended, whole, cut, {"--continue"}).exit == expected_exit);
            const Typed repaired = import_into(mended, whole, size);
            INFO(repaired.err);
            CHECK(repaired.exit == 0);
            CHECK(digests(mended) == expected);
        }
    }
}

TEST_CASE("import: what is not there is not found, and named", "[import][cli]") {
    using Catch::Matchers::Contains;
    Terminal terminal;
    const Typed absent = terminal.type({"import", "temporal", terminal.path("none.json")});
    CHECK(absent.exit == 3);
    CHECK_THAT(absent.err, Contains(terminal.path("none.json")));
    CHECK_THAT(absent.err, !Contains("--continue"));
    std::filesystem::create_directories(terminal.path("empty"));
    const Typed empty = terminal.type({"import", "temporal", terminal.path("empty")});
    CHECK(empty.exit == 3);
    CHECK_THAT(empty.err, Contains("empty") && Contains("no file of the format temporal"));
    const Typed going_on = terminal.type(
        {"import", "temporal", terminal.path("none.json"), terminal.path("empty"), "--continue"});
    CHECK(going_on.exit == 3);
    CHECK_THAT(going_on.err, Contains("none.json") && Contains("empty"));
}
