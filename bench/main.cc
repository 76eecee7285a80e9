// embedded_bench [--json] [NAME...]: runs the benchmarks named, or all short ones.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "bench/bench.h"

int main(int argc, char** argv) {
    using namespace skein::bench;
    std::vector<std::string_view> names(argv + 1, argv + argc);
    const auto json = std::find(names.begin(), names.end(), "--json");
    Report report(json != names.end() ? Report::Form::kJson : Report::Form::kTable);
    if (json != names.end()) names.erase(json);
    std::vector<Bench> known = benches();
    known.insert(known.end(), long_benches().begin(), long_benches().end());
    for (const std::string_view name : names) {
        if (std::any_of(known.begin(), known.end(), [&](const Bench& b) { return b.name == name; }))
            continue;
        fmt::print(stderr, "no benchmark is called {}; there are:\n", name);
        for (const Bench& bench : known)
            fmt::print(stderr, "  {:<12} {}\n", bench.name, bench.what);
        return 2;
    }
    for (const Bench& bench : names.empty() ? benches() : known) {
        const bool is_named = std::find(names.begin(), names.end(), bench.name) != names.end();
        if (names.empty() || is_named) bench.run(report);
    }
    return 0;
}
