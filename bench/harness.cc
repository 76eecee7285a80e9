#include "bench/harness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace skein::bench {

double seconds_of(const std::function<void()>& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Spread spread_of(std::vector<double> samples) {
    std::sort(samples.begin(), samples.end());
    return {samples.front(), samples[samples.size() / 2], samples.back()};
}

double quantile(std::vector<double> samples, double q) {
    std::sort(samples.begin(), samples.end());
    const auto last = static_cast<double>(samples.size() - 1);
    return samples[static_cast<std::size_t>(last * q)];
}

namespace {

std::string text_of(const Spread& spread) {
    return fmt::format("{:>11.4g} {:>11.4g} {:>11.4g}", spread.min, spread.median, spread.max);
}

std::string json_of(const Spread& spread) {
    return fmt::format("[{:.6g},{:.6g},{:.6g}]", spread.min, spread.median, spread.max);
}

}  // namespace

void Report::add(const Line& line) {
    const double shown = line.against.empty() ? line.value.median : line.ratio.median;
    const bool is_met = line.is_low_good ? shown <= line.goal : shown >= line.goal;
    const std::string verdict =
        line.goal == 0 ? "" : fmt::format("goal {}: {}", line.goal, is_met ? "met" : "missed");
    if (form_ == Form::kJson) {
        fmt::print(
            R"({{"name":"{}","unit":"{}","value":{},"against":"{}","ceiling":{},"ratio":{},"goal":{}}})"
            "\n",
            line.name, line.unit, json_of(line.value), line.against, json_of(line.ceiling),
            json_of(line.ratio), line.goal);
    } else {
        fmt::print("{:<44} {:<9} {}  {}\n", line.name, line.unit, text_of(line.value),
                   line.against.empty() ? verdict : "");
        if (!line.against.empty())
            fmt::print("  {:<42} {:<9} {}\n  {:<42} {:<9} {}  {}\n", line.against, line.unit,
                       text_of(line.ceiling), "ratio", "", text_of(line.ratio), verdict);
    }
    std::fflush(stdout);
}

}  // namespace skein::bench
