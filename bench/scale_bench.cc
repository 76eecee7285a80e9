// A large store: how fast it opens, what memory it takes, and whether reads notice its size.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "bench/bench.h"
#include "bench/workload.h"
#include "engine/base/check.h"

namespace skein::bench {

namespace {

constexpr Shape kSmall{1, 1'000};
constexpr std::size_t kEventsARun = 10;
constexpr std::size_t kOutstanding = 4096;
constexpr std::size_t kReads = 20'000;
constexpr std::size_t kWarmReads = 20'000;
constexpr std::size_t kLastWords = 20'000;  // commands before the kill
constexpr double kMemoryMax = 512;          // MiB

// A million runs, or SKEIN_BENCH_RUNS of them.
Shape large() {
    const char* named = std::getenv("SKEIN_BENCH_RUNS");
    const std::size_t runs = named != nullptr ? std::strtoull(named, nullptr, 10) : 1'000'000;
    return {std::max<std::size_t>(1, runs / 1'000), 1'000};
}

// In a process of its own, so that what it leaves in memory is not counted.
void in_child(const std::function<void()>& work) {
    const pid_t child = ::fork();
    SKEIN_CHECK(child >= 0, "cannot fork");
    if (child == 0) {
        work();
        ::_exit(0);
    }
    int status = 0;
    SKEIN_CHECK(::waitpid(child, &status, 0) == child, "the child is lost");
    const bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    SKEIN_CHECK(was_killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0),
                "the child ended with status {}", status);
}

void fill(const ScratchDirectory& scratch, const Shape& shape) {
    const auto store = open_store(scratch, Projecting::kLive);
    make_runs(*store, shape);
    // A run starts with one event of its own.
    send_sets(*store, shape, shape.swarms * shape.runs * (kEventsARun - 1), kOutstanding);
    store->views().catch_up();
    store->close();
}

// Writes some more, and dies in the middle of it.
void die_writing(const ScratchDirectory& scratch, const Shape& shape) {
    const auto store = open_store(scratch, Projecting::kLive);
    send_sets(*store, shape, kLastWords, kOutstanding);
    ::kill(::getpid(), SIGKILL);
}

// Memory of this process that no file backs, in MiB.
double own_memory() {
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (line.rfind("RssAnon:", 0) == 0) return std::strtod(line.c_str() + 8, nullptr) / 1024;
    }
    return 0;
}

struct Latencies {
    double current = 0;
    double as_of = 0;
};

// The median read of a random run, in microseconds, from rows.
Latencies warm_reads(Store& store, const Shape& shape) {
    std::uint64_t seed = 88172645463325252ULL;
    const auto random_run = [&] {
        seed ^= seed << 13U;
        seed ^= seed >> 7U;
        seed ^= seed << 17U;
        return run_stream(seed % shape.swarms, seed / shape.swarms % shape.runs);
    };
    Latencies latencies;
    const auto median = [&](std::size_t reads, const auto& read) {
        std::vector<double> each;
        for (std::size_t i = 0; i < reads; ++i) {
            const Stream stream = random_run();
            each.push_back(1e6 * seconds_of([&] { read(stream); }));
        }
        return quantile(each, 0.5);
    };
    const auto latest = [&](const Stream& s) { keep(store.views().latest(s).get()); };
    const auto as_of = [&](const Stream& s) { keep(store.views().at(s, Version(6)).get()); };
    median(kWarmReads, latest);
    latencies.current = median(kReads, latest);
    latencies.as_of = median(kReads, as_of);
    return latencies;
}

std::uint64_t bytes_below(const std::filesystem::path& directory) {
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
        if (entry.is_regular_file()) bytes += entry.file_size();
    return bytes;
}

void report_bytes(Report& report, const ScratchDirectory& scratch, Store& store) {
    const double payload =
        static_cast<double>(events_of(store)) * static_cast<double>(mean_event_bytes(store));
    const auto share = [&](const char* folder) {
        const auto bytes = bytes_below(scratch.path() / "store" / folder);
        return static_cast<double>(bytes) / payload;
    };
    report.add({"stored bytes over event bytes, log", "ratio", {share("log")}});
    report.add({"stored bytes over event bytes, views with history", "ratio", {share("views")}});
}

std::vector<double> opening_times(const ScratchDirectory& scratch) {
    std::vector<double> times;
    for (int run = 0; run < kRuns; ++run)
        times.push_back(1e3 * seconds_of([&] { open_store(scratch, Projecting::kLive); }));
    return times;
}

}  // namespace

void bench_scale(Report& report) {
    const Shape shape = large();
    const ScratchDirectory scratch;
    const ScratchDirectory small;
    in_child([&] { fill(small, kSmall); });
    in_child([&] { fill(scratch, shape); });
    std::vector<double> after_kill;
    for (int run = 0; run < kRuns; ++run) {
        in_child([&] { die_writing(scratch, shape); });
        after_kill.push_back(1e3 * seconds_of([&] { open_store(scratch, Projecting::kLive); }));
    }
    const std::string name = fmt::format("{} runs", shape.swarms * shape.runs);
    report.add({name + ": open", "ms", opening_times(scratch), 500, Better::kLow});
    report.add({name + ": open after SIGKILL", "ms", after_kill, 3000, Better::kLow});
    Comparison current;
    Comparison as_of;
    std::vector<double> memory;
    const auto few = open_store(small, Projecting::kLive, StateCaching::kNone);
    const auto many = open_store(scratch, Projecting::kLive, StateCaching::kNone);
    for (int run = 0; run < kRuns; ++run) {
        const Latencies in_many = warm_reads(*many, shape);
        memory.push_back(own_memory());
        const Latencies in_few = warm_reads(*few, kSmall);
        current.add(in_many.current, in_few.current);
        as_of.add(in_many.as_of, in_few.as_of);
    }
    report.add({name + ": current read, p50", "us", current, "in 1000 runs", 2, Better::kLow});
    report.add({name + ": as-of read, p50", "us", as_of, "in 1000 runs", 2, Better::kLow});
    report.add({name + ": own memory", "MiB", memory, kMemoryMax, Better::kLow});
    report_bytes(report, scratch, *many);
}

}  // namespace skein::bench
