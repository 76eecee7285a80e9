#include "bench/harness.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>

#include "engine/base/check.h"
#include "engine/json/writer.h"

namespace skein::bench {

double seconds_of(const std::function<void()>& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double cpu_seconds_of(const std::function<void()>& work) {
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    };
    const double begin = now();
    work();
    return now() - begin;
}

void wait_for_rest() {
    constexpr std::chrono::seconds kStep{1};
    constexpr int kStepsMax = 300;
    constexpr double kIdle = 0.05;  // of a core
    for (int step = 0; step < kStepsMax; ++step) {
        if (cpu_seconds_of([&] { std::this_thread::sleep_for(kStep); }) < kIdle) return;
    }
    SKEIN_CHECK(false, "this process does not come to rest");
}

void keep(const void* result) { asm volatile("" : : "g"(result) : "memory"); }

Spread spread_of(std::vector<double> samples) {
    if (samples.empty()) return {};
    std::sort(samples.begin(), samples.end());
    return {samples.front(), samples[samples.size() / 2], samples.back()};
}

double quantile(std::vector<double> samples, double q) {
    std::sort(samples.begin(), samples.end());
    const auto last = static_cast<double>(samples.size() - 1);
    return samples[static_cast<std::size_t>(last * q)];
}

void Comparison::add(double mine, double ceiling) {
    mine_.push_back(mine);
    ceilings_.push_back(ceiling);
    ratios_.push_back(mine / ceiling);
}

Line::Line(std::string line_name, std::string line_unit, const std::vector<double>& values,
           double line_goal, Better line_better)
    : name(std::move(line_name)),
      unit(std::move(line_unit)),
      value(spread_of(values)),
      goal(line_goal),
      better(line_better) {}

Line::Line(std::string line_name, std::string line_unit, const Comparison& comparison,
           std::string line_against, double line_goal, Better line_better, GoalOf line_goal_of)
    : name(std::move(line_name)),
      unit(std::move(line_unit)),
      value(comparison.mine()),
      against(std::move(line_against)),
      ceiling(comparison.ceiling()),
      ratio(comparison.ratio()),
      goal(line_goal),
      better(line_better),
      goal_of(line_goal_of) {}

namespace {

std::string text_of(const Spread& spread) {
    return fmt::format("{:>10.4g} {:>10.4g} {:>10.4g}", spread.min, spread.median, spread.max);
}

json::Value document_of(const Spread& spread) {
    json::ObjectWriter out;
    out.member("max", json::Value::number(spread.max));
    out.member("median", json::Value::number(spread.median));
    out.member("min", json::Value::number(spread.min));
    return out.value();
}

json::Value text_or_null(const std::string& text) {
    return text.empty() ? json::Value() : json::Value::string(text);
}

json::Value document_of(const Line& line, const std::string& verdict) {
    const bool is_alone = line.against.empty();
    json::ObjectWriter out;
    out.member("against", text_or_null(line.against));
    out.member("ceiling", is_alone ? json::Value() : document_of(line.ceiling));
    out.member("goal", verdict.empty() ? json::Value() : json::Value::number(line.goal));
    out.member_text("goal_of", line.goal_of == GoalOf::kValue ? "value" : "ratio");
    out.member_text("name", line.name);
    out.member("ratio", is_alone ? json::Value() : document_of(line.ratio));
    out.member_text("schema", "skein.bench/1");
    out.member_text("unit", line.unit);
    out.member("value", document_of(line.value));
    out.member("verdict", text_or_null(verdict));
    return out.value();
}

}  // namespace

void Report::tell_lines(const Line& line, const std::string& verdict) const {
    const bool is_alone = line.against.empty();
    const std::string end =
        verdict.empty() ? "" : fmt::format("  goal {:g}: {}", line.goal, verdict);
    const bool is_of_value = line.goal_of == GoalOf::kValue;
    line_(fmt::format("{:<46} {:<9} {}{}", line.name, line.unit, text_of(line.value),
                      is_of_value ? end : ""));
    if (is_alone) return;
    line_(fmt::format("  {:<44} {:<9} {}", line.against, line.unit, text_of(line.ceiling)));
    line_(fmt::format("  {:<44} {:<9} {}{}", "ratio", "", text_of(line.ratio),
                      is_of_value ? "" : end));
}

void Report::add(const Line& line) {
    const double shown = line.goal_of == GoalOf::kValue ? line.value.median : line.ratio.median;
    const bool is_met = line.better == Better::kLow ? shown <= line.goal : shown >= line.goal;
    const std::string verdict = line.goal == 0 ? "" : is_met ? "met" : "missed";
    tell_lines(line, verdict);
    figure_(document_of(line, verdict));
}

}  // namespace skein::bench
