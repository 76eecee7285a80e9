// Reads of the past beside reads of the present.
#include <fmt/format.h>

#include <algorithm>

#include "bench/bench.h"
#include "bench/workload.h"

namespace skein::bench {

namespace {

constexpr std::size_t kEvents = 100'000;
constexpr std::size_t kReads = 1'000;
constexpr std::size_t kOutstanding = 4096;
constexpr std::size_t kTwins = 64;  // runs whose current state is read
constexpr double kP50RatioMax = 1.3;
constexpr double kP50RatioMaxSmall = 1.5;  // of states below 16 keys
constexpr double kP99RatioMax = 2;

std::string change(std::size_t run, std::size_t n, std::size_t keys) {
    return update_command(
        0, run,
        fmt::format(R"([{{"key":"key-{:05}","op":"set","value":"{:0>60}"}}])", n * 7919 % keys, n));
}

// Run 0 has all the history; the twins have a state of the same size and little behind it.
void fill(Store& store, std::size_t keys) {
    make_runs(store, {1, 1 + kTwins});
    send_all(store, kEvents, kOutstanding, [&](std::size_t i) { return change(0, i, keys); });
    // Different lengths, so that their newest keyframes are at different distances, as in the past.
    for (std::size_t twin = 1; twin <= kTwins; ++twin)
        send_all(store, keys + keys * twin / kTwins, kOutstanding,
                 [&](std::size_t i) { return change(twin, i, keys); });
    store.views().catch_up();
}

struct Quantiles {
    double p50 = 0;
    double p99 = 0;
};

Quantiles quantiles_of(const std::vector<double>& samples) {
    return {quantile(samples, 0.5), quantile(samples, 0.99)};
}

Quantiles current(Store& store) {
    std::vector<double> each;
    for (std::size_t i = 0; i < kReads; ++i) {
        const Stream stream = run_stream(0, 1 + i * 31 % kTwins);
        each.push_back(1e6 * seconds_of([&] { keep(store.views().latest(stream).get()); }));
    }
    return quantiles_of(each);
}

// Reads at `distance` (0 to 1) of the history from its head.
Quantiles past(Store& store, double distance, std::size_t keys) {
    std::vector<double> each;
    const auto first = static_cast<double>(2 * keys);
    const auto span = static_cast<double>(kEvents) - first;
    for (std::size_t i = 0; i < kReads; ++i) {
        const double jitter = static_cast<double>(i * 7919 % 1000) / 1000 * 0.05;
        const double at = std::max(0.0, 1 - distance - jitter);
        const Version version(static_cast<std::uint64_t>(first + span * at));
        each.push_back(
            1e6 * seconds_of([&] { keep(store.views().at(run_stream(0, 0), version).get()); }));
    }
    return quantiles_of(each);
}

void measure(Report& report, std::size_t keys) {
    const ScratchDirectory scratch;
    {
        const auto store = open_store(scratch, Projecting::kOnDemand);
        fill(*store, keys);
    }
    const auto store = open_store(scratch, Projecting::kOnDemand, StateCaching::kNone);
    wait_for_rest();
    for (const double distance : {0.0, 0.05, 0.25, 0.5, 0.9}) {
        Comparison p50;
        Comparison p99;
        for (int run = 0; run < kRuns; ++run) {
            const Quantiles then = past(*store, distance, keys);
            const Quantiles now = current(*store);
            p50.add(then.p50, now.p50);
            p99.add(then.p99, now.p99);
        }
        const std::string name =
            fmt::format("as-of read, {} keys, {:.0f} % back", keys, 100 * distance);
        const double goal = keys < 16 ? kP50RatioMaxSmall : kP50RatioMax;
        report.add({name + ", p50", "us", p50, "current read, p50", goal, Better::kLow});
        report.add({name + ", p99", "us", p99, "current read, p99", kP99RatioMax, Better::kLow});
    }
}

}  // namespace

void bench_as_of(Report& report) {
    for (const std::size_t keys : {8, 100, 2'000}) measure(report, keys);
}

}  // namespace skein::bench
