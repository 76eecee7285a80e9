// Memory does not grow with the file.
#include <catch2/catch.hpp>

#include <malloc.h>

#include <fstream>

#include "tests/unit/import/recorder.h"

using namespace skein;
using namespace skein::import;
using namespace skein::import::testing;

namespace {

constexpr std::size_t kFileBytes = 40ULL << 20;
constexpr std::uint64_t kGrowthMaxKb = 16ULL << 10;

class Counter final : public CommandSink, public ProblemSink {
 public:
    Next put(json::Value, const SourcePlace&) override {
        ++commands;
        return Next::kContinue;
    }
    Next report(const Problem& problem) override {
        FAIL(to_string(problem.place) << ": " << problem.reason);
        return Next::kStop;
    }
    std::uint64_t commands = 0;
};

std::uint64_t status_kb(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(field)) return std::stoull(line.substr(field.size() + 1));
    return 0;
}

// How far memory rises above what it is now while the file is imported.
std::uint64_t growth_kb(std::string_view format, const std::filesystem::path& file,
                        std::uint64_t commands_min) {
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
    const std::uint64_t before = status_kb("VmRSS");
    Counter counter;
    import_path(*find_importer(format), file, {counter, counter});
    CHECK(counter.commands >= commands_min);
    return status_kb("VmHWM") - before;
}

void fill(const std::filesystem::path& file, const std::string& head, const std::string& record,
          const std::string& between, const std::string& tail) {
    std::ofstream out(file, std::ios::binary);
    out << head << record;
    for (std::size_t size = 0; size < kFileBytes; size += record.size()) out << between << record;
    out << tail;
}

}  // namespace

TEST_CASE("import: memory does not grow with a long file of lines", "[unit][import]") {
    const TemporaryFile file("long.jsonl", "");
    fill(file.path(), "", R"({"type":"UpdateContext","swarm":"s","run":"r","data":{"updates":[]}})",
         "\n", "\n");
    CHECK(growth_kb("jsonl", file.path(), 100'000) < kGrowthMaxKb);
}

TEST_CASE("import: memory does not grow with one long document", "[unit][import]") {
    const TemporaryFile file("long.traj", "");
    const std::string message = R"({"role":"user","content":")" + std::string(2000, 'x') + "\"}";
    fill(file.path(), R"({"trajectory":[],"history":[)", message, ",\n", "]}");
    CHECK(growth_kb("swe-agent", file.path(), 10'000) < kGrowthMaxKb);
}
