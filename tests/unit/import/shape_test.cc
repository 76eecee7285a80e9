// A file of another format is refused before anything of it is sent.
#include <catch2/catch.hpp>

#include "tests/unit/import/recorder.h"

using namespace skein;
using namespace skein::import;
using namespace skein::import::testing;
using std::filesystem::path;

namespace {

struct Source {
    std::string format;
    path file;
};

// Every file of every set, by the format it is of.
std::vector<Source> sources() {
    const std::vector<std::pair<std::string, std::string>> sets{
        {"tau-bench", "tau-bench"},         {"swe-agent", "swe-agent-traj"},
        {"temporal", "temporal-histories"}, {"inspect", "inspect-logs"},
        {"who-and-when", "who-and-when"},   {"editing-traces", "editing-traces"}};
    std::vector<Source> found;
    for (const auto& [format, set] : sets) {
        for (const path& root : roots(set)) {
            for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
                if (entry.is_regular_file() && find_importer(format)->takes(entry.path()))
                    found.push_back({format, entry.path()});
            }
        }
    }
    return found;
}

void check_refused(std::string_view format, const Source& source) {
    INFO(source.file << " as " << format);
    Recorder recorder;
    recorder.import(format, source.file);
    CHECK(recorder.ids.empty());
    REQUIRE(recorder.problems.size() == 1);
    const Problem& problem = recorder.problems.front();
    CHECK(problem.place.file == source.file.string());
    CHECK_THAT(problem.reason,
               Catch::Matchers::StartsWith("no " + std::string(format) + " file: missing "));
    CHECK_THAT(problem.reason,
               Catch::Matchers::Contains("did you mean `skein import " + source.format + "`?"));
}

std::string reason_for(std::string_view format, const path& file) {
    Recorder recorder;
    recorder.import(format, file);
    CHECK(recorder.ids.empty());
    REQUIRE(recorder.problems.size() == 1);
    return recorder.problems.front().reason;
}

}  // namespace

TEST_CASE("import: every file of a set is refused by the importers of all other formats",
          "[unit][import]") {
    std::vector<Source> files = sources();
    const TemporaryFile commands("c.jsonl", R"({"type":"CreateSwarm","swarm":"s"})");
    files.push_back({"jsonl", commands.path()});
    REQUIRE(files.size() > 4);
    for (const Source& source : files) {
        for (const std::string_view format : formats()) {
            if (format != source.format) check_refused(format, source);
        }
    }
}

TEST_CASE("import: a refusal names the members that are missing", "[unit][import]") {
    using Catch::Matchers::Contains;
    const TemporaryFile other("a.json", R"({"history":[{"role":"user"}]})");
    CHECK(reason_for("who-and-when", other.path()) ==
          "no who-and-when file: missing question; it looks like swe-agent: did you mean `skein "
          "import swe-agent`?");
    CHECK_THAT(reason_for("tau-bench", other.path()), Contains("missing task_id, trial, traj;"));
    CHECK_THAT(reason_for("jsonl", other.path()), Contains("missing type, swarm;"));
    CHECK_THAT(reason_for("editing-traces", other.path()), Contains("missing txns;"));
    CHECK_THAT(reason_for("inspect", other.path()), Contains("missing samples (or events"));
    CHECK_THAT(reason_for("temporal", other.path()), Contains("eventType"));
    const TemporaryFile unknown("b.jsonl", "{\"key\":1,\"value\":{}}\n{\"key\":2}\n");
    CHECK(reason_for("tau-bench", unknown.path()) ==
          "no tau-bench file: missing task_id, trial, traj");
}

TEST_CASE("import: a document is read twice, so a pipe is refused and named", "[unit][import]") {
    CHECK_THAT(reason_for("temporal", "/dev/null"), Catch::Matchers::Contains("regular file"));
    Recorder lines;
    lines.import("jsonl", "/dev/null");
    CHECK(lines.problems.empty());
}
