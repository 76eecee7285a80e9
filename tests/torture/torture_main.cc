// torture --seconds N [--seed S]: producers with retries against two nodes, while nodes, sessions
// of Postgres, its postmaster and the broker are killed and paused; then the histories are checked.
//
// Exit: 0 nothing was violated; 1 something was; 2 wrong usage; 3 the run proves nothing: a class
// of faults never fired, or under half of the operations succeeded.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iostream>
#include <random>

#include "tests/torture/nemesis.h"
#include "tests/torture/verdict.h"
#include "tests/torture/workload.h"
#include "tests/waiting/comes_true.h"

namespace skein::torture {

namespace {

enum Exit { kSound = 0, kViolated = 1, kUsage = 2, kInvalid = 3 };

// Until everything that was broken serves again.
constexpr std::chrono::seconds kRestMax{120};

struct Options {
    std::uint64_t seconds = 60;
    std::uint64_t seed = 0;
};

bool parse_number(const char* text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text, text + std::strlen(text), number);
    return error == std::errc() && *end == '\0';
}

std::optional<Options> parse(int count, char** words) {
    Options options;
    options.seed = std::random_device()();
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view word = words[i];
        std::uint64_t* const number = word == "--seconds" ? &options.seconds
                                      : word == "--seed"  ? &options.seed
                                                          : nullptr;
        if (number == nullptr || !parse_number(words[i + 1], *number)) return std::nullopt;
    }
    if (count % 2 == 0 || options.seconds == 0) return std::nullopt;
    return options;
}

void print_faults(const Nemesis& nemesis) {
    std::cout << "faults fired:\n";
    int all = 0;
    for (const FaultClass fault : kFaultClasses) {
        const auto fired = nemesis.fired().find(fault);
        const int times = fired == nemesis.fired().end() ? 0 : fired->second;
        std::cout << fmt::format("  {:<30}{:>6}\n", to_string(fault), times);
        all += times;
    }
    std::cout << fmt::format("  {:<30}{:>6}  of them kills {}\n", "all", all, nemesis.kills());
}

// What makes a run prove nothing; empty: it proves something.
std::string invalidity(const Nemesis& nemesis, const History::Counts& counts) {
    for (const FaultClass fault : kFaultClasses) {
        if (!nemesis.fired().contains(fault))
            return fmt::format("no fault of the class \"{}\" fired", to_string(fault));
    }
    if (counts.accepted * 2 < counts.operations)
        return fmt::format("{} of {} operations succeeded, fewer than half", counts.accepted,
                           counts.operations);
    return {};
}

int run(const Options& options) {
    std::cout << fmt::format("torture: {} s, seed {}\n", options.seconds, options.seed)
              << std::flush;
    Cluster cluster;
    History history;
    Workload workload(cluster, history, options.seed);
    workload.begin();
    Nemesis nemesis(cluster, options.seed);
    nemesis.run(std::chrono::seconds(options.seconds));
    workload.end();
    std::vector<std::string> crashes = nemesis.crashes();
    const bool is_at_rest = skein::test::comes_true(
        [&] {
            if (auto crash = cluster.supervise()) crashes.push_back(*std::move(crash));
            return cluster.is_at_rest();
        },
        kRestMax);

    Evidence evidence = examine(cluster, history);
    for (const std::string& crash : crashes) evidence.violations.add("crashed", crash);
    if (!is_at_rest)
        evidence.violations.add("not whole again", "after two minutes without any fault");
    const History::Counts counts = history.counts();
    print_faults(nemesis);
    std::cout << fmt::format(
        "operations: {}, accepted {}\nchecked: {} events, {} records of the topic, {} reads, {} "
        "views\n",
        counts.operations, counts.accepted, evidence.events, evidence.records, evidence.sightings,
        evidence.views);
    for (const auto& [kind, found] : evidence.violations.kinds)
        std::cout << fmt::format("violated: {} {} times; the first: {}; the last: {}\n", kind,
                                 found.count, found.first, found.last);
    const std::string invalid = invalidity(nemesis, counts);
    if (!evidence.violations.empty()) {
        std::cout << fmt::format("verdict: violated (seed {})\n", options.seed);
        return kViolated;
    }
    if (!invalid.empty()) {
        std::cout << "verdict: invalid: " << invalid << '\n';
        return kInvalid;
    }
    std::cout << "verdict: sound, 0 violations\n";
    return kSound;
}

}  // namespace

}  // namespace skein::torture

int main(int count, char** words) {
    ::signal(SIGPIPE, SIG_IGN);
    const auto options = skein::torture::parse(count, words);
    if (!options) {
        std::cerr << "usage: torture [--seconds N] [--seed S]\n";
        return skein::torture::kUsage;
    }
    try {
        return skein::torture::run(*options);
    } catch (const std::exception& error) {
        std::cerr << "torture: " << error.what() << '\n';
        return skein::torture::kInvalid;
    }
}
