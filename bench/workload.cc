#include "bench/workload.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "engine/base/check.h"
#include "engine/json/parse.h"

namespace skein::bench {

namespace {

constexpr std::size_t kValueBytes = 200;

json::Value parsed(const std::string& text) {
    auto value = json::parse(text);
    SKEIN_CHECK(value.has_value(), "the benchmark's JSON is broken: {}", text);
    return *value;
}

}  // namespace

json::Value set_command(std::size_t swarm, std::size_t run, std::size_t n) {
    std::string value = fmt::format("{:08}", n);
    value.resize(kValueBytes, 'x');
    return parsed(fmt::format(
        R"({{"type":"UpdateContext","swarm":"s{}","run":"r{}","data":{{"updates":[{{"key":"k{}","op":"set","value":"{}"}}]}}}})",
        swarm, run, n % 8, value));
}

json::Value create_command(std::size_t swarm) {
    return parsed(fmt::format(R"({{"type":"CreateSwarm","swarm":"s{}"}})", swarm));
}

json::Value start_command(std::size_t swarm, std::size_t run) {
    return parsed(fmt::format(R"({{"type":"StartRun","swarm":"s{}","run":"r{}"}})", swarm, run));
}

ScratchDirectory::ScratchDirectory() {
    namespace fs = std::filesystem;
    const char* named = std::getenv("SKEIN_BENCH_DIR");
    const fs::path base = named != nullptr ? fs::path(named) : fs::temp_directory_path();
    std::string pattern = (base / "skein-bench-XXXXXX").string();
    SKEIN_CHECK(::mkdtemp(pattern.data()) != nullptr, "cannot make {}", pattern);
    path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace skein::bench
