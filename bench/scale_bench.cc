// A large store: how fast it opens, what memory it takes, and whether reads notice its size.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

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

// A process of its own, so that what it leaves in memory is not counted, and `work` may end it.
// This one has opened no store until then: threads of RocksDB would be missing after the fork.
// Returns the number that `work` told.
using Tell = std::function<void(double)>;
double in_child(const std::function<void(const Tell&)>& work) {
    std::array<int, 2> ends{};
    SKEIN_CHECK(::pipe(ends.data()) == 0, "cannot make a pipe");
    const pid_t child = ::fork();
    SKEIN_CHECK(child >= 0, "cannot fork");
    if (child == 0) {
        work([&](double number) {
            SKEIN_CHECK(::write(ends[1], &number, sizeof number) == sizeof number, "a lost pipe");
        });
        ::_exit(0);
    }
    ::close(ends[1]);
    int status = 0;
    SKEIN_CHECK(::waitpid(child, &status, 0) == child, "the child is lost");
    const bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    SKEIN_CHECK(was_killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0),
                "the child ended with status {}", status);
    double number = 0;
    const ssize_t told = ::read(ends[0], &number, sizeof number);
    SKEIN_CHECK(told == 0 || told == sizeof number, "a lost pipe");
    ::close(ends[0]);
    return number;
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

// One swarm after the other, as a store grows in life. Tells the memory that writing took, in MiB.
void fill(const ScratchDirectory& scratch, const Shape& shape, const Tell& tell) {
    const auto store = open_store(scratch, Projecting::kLive);
    make_runs(*store, shape);
    // A run starts with one event of its own.
    const std::size_t of_a_swarm = shape.runs * (kEventsARun - 1);
    send_all(*store, shape.swarms * of_a_swarm, kOutstanding,
             [&](std::size_t i) { return set_command(i / of_a_swarm, i % shape.runs, i); });
    tell(own_memory());
    store->views().catch_up();
    store->close();
}

// Writes some more, to runs of all swarms in turn, and dies in the middle of it.
void die_writing(const ScratchDirectory& scratch, const Shape& shape) {
    const auto store = open_store(scratch, Projecting::kLive);
    send_sets(*store, shape, kLastWords, kOutstanding);
    ::kill(::getpid(), SIGKILL);
}

double opening_ms(const ScratchDirectory& scratch) {
    return in_child([&](const Tell& tell) {
        std::unique_ptr<Store> store;
        tell(1e3 * seconds_of([&] { store = open_store(scratch, Projecting::kLive); }));
    });
}

struct Latencies {
    double current = 0;
    double as_of = 0;
};

// Takes the files into the memory of the system, which otherwise lets go of what nobody has read
// for a while.
void warm_files(const std::filesystem::path& directory) {
    std::vector<char> buffer(1U << 20);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()))) {
        }
    }
}

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

}  // namespace

void bench_scale(Report& report) {
    const Shape shape = large();
    const ScratchDirectory scratch;
    const ScratchDirectory small;
    in_child([&](const Tell& tell) { fill(small, kSmall, tell); });
    const double writing = in_child([&](const Tell& tell) { fill(scratch, shape, tell); });
    std::vector<double> opening_killed;
    std::vector<double> opening;
    for (int run = 0; run < kRuns; ++run) {
        in_child([&](const Tell& /*tell*/) { die_writing(scratch, shape); });
        opening_killed.push_back(opening_ms(scratch));
        opening.push_back(opening_ms(scratch));
    }
    const std::string name = fmt::format("{} runs", shape.swarms * shape.runs);
    report.add({name + ": open", "ms", opening, 500, Better::kLow});
    report.add({name + ": open after SIGKILL", "ms", opening_killed, 3000, Better::kLow});
    Comparison current;
    Comparison as_of;
    std::vector<double> memory;
    const auto few = open_store(small, Projecting::kLive, StateCaching::kNone);
    const auto many = open_store(scratch, Projecting::kLive, StateCaching::kNone);
    wait_for_rest();
    for (int run = 0; run < kRuns; ++run) {
        warm_files(scratch.path());
        const Latencies in_many = warm_reads(*many, shape);
        memory.push_back(own_memory());
        const Latencies in_few = warm_reads(*few, kSmall);
        current.add(in_many.current, in_few.current);
        as_of.add(in_many.as_of, in_few.as_of);
    }
    report.add({name + ": current read, p50", "us", current, "in 1000 runs", 2, Better::kLow});
    report.add({name + ": as-of read, p50", "us", as_of, "in 1000 runs", 2, Better::kLow});
    report.add({name + ": own memory, reading", "MiB", memory, kMemoryMax, Better::kLow});
    report.add({name + ": own memory, writing", "MiB", {writing}, kMemoryMax, Better::kLow});
    report_bytes(report, scratch, *many);
}

}  // namespace skein::bench
