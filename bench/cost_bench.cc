// Cost follows the change: what one change costs, however much stands beside it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "bench/bench.h"
#include "bench/counted_rows.h"
#include "bench/workload.h"
#include "engine/base/check.h"
#include "engine/log/memory/memory_log.h"
#include "engine/replay/log_states.h"
#include "engine/runtime/runtime.h"
#include "projections/query/generation_view.h"
#include "projections/store/rocks_view_store.h"

namespace skein::bench {

namespace {

constexpr std::array<std::size_t, 4> kSizes{100, 1'000, 10'000, 100'000};
constexpr std::size_t kPeriods = 4;         // of keyframes, at least
constexpr std::size_t kChangesMin = 4'000;  // so that times can be told from noise
constexpr std::size_t kElementsACommand = 2'000;
constexpr std::size_t kSlices = 400;  // of a few milliseconds
constexpr double kBytesRatioMax = 1.3;
constexpr double kCpuRatioMax = 1.5;
constexpr double kApplyMillisecondsMax = 10;

log::StoreInfo store_info(Random& random) {
    log::StoreInfo info;
    info.store_id = random.uuid();
    info.incarnation = random.uuid();
    info.shard_count = 1;
    info.secret = random.bytes(32);
    return info;
}

// One run in a log in memory, its views in RocksDB, driven one event at a time.
class Rig {
 public:
    explicit Rig(const std::filesystem::path& directory)
        : log_(store_info(random_)),
          folds_(log_, *kinds_.codec, replay::Snapshots::kIgnore),
          runtime_({&log_, kinds_.codec.get(), &folds_, &clock_, &random_}, {}),
          rows_(std::make_shared<CountedRows>(
              projections::store::open_rocks_view_store(
                  {directory, std::make_shared<projections::store::BlockCache>(64ULL << 20)}),
              CountedRows::Keep::kNothing)),
          projection_(std::make_shared<const projections::GenerationView>(
                          "bench", rows_, *kinds_.codec, log_.shard_count()),
                      log_, *kinds_.codec, options()) {}

    void send(const std::string& command) {
        auto parsed_command = runtime_.parse(parsed(command));
        SKEIN_CHECK(parsed_command.has_value(), "the benchmark's command is refused: {}", command);
        const Outcome outcome = runtime_.submit(std::move(*parsed_command));
        SKEIN_CHECK(outcome.kind == OutcomeKind::kAccepted, "refused: {}", command);
    }
    void project() {
        while (projection_.projector().advance(Shard(0), 1) > 0) continue;
        while (projection_.projector().work()) continue;
    }
    // One event into the views; seconds.
    double apply_one() {
        return seconds_of([&] { projection_.projector().advance(Shard(0), 1); });
    }
    std::uint64_t view_bytes() const { return rows_->bytes_written(); }
    std::uint64_t log_bytes() const {
        std::uint64_t bytes = 0;
        log_.scan(Shard(0), Position(0), [&](const log::EventView& view) {
            bytes += view.bytes.size() + view.hash.size();
            return true;
        });
        return bytes;
    }

 private:
    projections::Projection::Options options() {
        projections::Projection::Options options;
        options.projector.identity = projections::core::identity_of(log_, *kinds_.codec);
        return options;
    }

    const Kinds kinds_ = standard_kinds();
    SystemClock clock_;
    SystemRandom random_;
    log::MemoryLog log_;
    replay::LogStates folds_;
    runtime::Runtime runtime_;
    std::shared_ptr<CountedRows> rows_;
    projections::Projection projection_;
};

// A state of `size` elements, and single changes of it.
struct Subject {
    const char* name;
    std::function<std::string(std::size_t from, std::size_t to)> grow;
    std::function<std::string(std::size_t n, std::size_t size)> change;
};

std::string joined(std::size_t from, std::size_t to,
                   const std::function<std::string(std::size_t)>& item) {
    std::string all;
    for (std::size_t i = from; i < to; ++i) all += (i == from ? "" : ",") + item(i);
    return all;
}

std::vector<Subject> subjects() {
    const auto variable = [](std::size_t key, std::size_t n) {
        return fmt::format(R"({{"key":"variable-{:06}","op":"set","value":"value {:012}"}})", key,
                           n);
    };
    const Subject variables{
        "set of one variable among",
        [variable](std::size_t from, std::size_t to) {
            return joined(from, to, [&](std::size_t i) { return variable(i, i); });
        },
        [variable](std::size_t n, std::size_t size) { return variable(n * 7919 % size, n); }};
    const auto append = [](std::size_t from, std::size_t to) {
        return fmt::format(
            R"({{"key":"list","op":"append","value":[{}]}})", joined(from, to, [](std::size_t i) {
                return fmt::format(R"({{"n":{:08},"text":"element"}})", i + 10'000'000);
            }));
    };
    const auto element = [](std::size_t n, std::size_t size) {
        return fmt::format(R"({{"key":"list","op":"append","value":{{"n":{},"text":"element"}}}})",
                           10'000'000 + size + n);
    };
    return {variables, {"append to an array of", append, element}};
}

struct Cost {
    double log_bytes = 0;
    double view_bytes = 0;
    double cpu_us = 0;
    double longest_ms = 0;
};

std::size_t changes_of(std::size_t size) {
    constexpr std::size_t kStateBytesAnElement = 60;
    constexpr std::size_t kDeltaBytes = 150;
    const std::size_t period = size * kStateBytesAnElement / 4 / kDeltaBytes;
    return std::max(kChangesMin, kPeriods * period);
}

// A state of one size, and its changes.
class Trial {
 public:
    Trial(const Subject& subject, std::size_t size)
        : subject_(subject),
          size_(size),
          changes_(changes_of(size)),
          rig_(scratch_.path() / "views") {
        rig_.send(create_command(0));
        rig_.send(start_command(0, 0));
        for (std::size_t from = 0; from < size; from += kElementsACommand) {
            const std::string updates =
                subject.grow(from, std::min(size, from + kElementsACommand));
            rig_.send(update_command(0, 0, "[" + updates + "]"));
        }
        rig_.project();
        log_before_ = rig_.log_bytes();
        view_before_ = rig_.view_bytes();
    }
    // Goes on to the end of slice `slice` of kSlices.
    void run(std::size_t slice) {
        cpu_seconds_ += cpu_seconds_of([&] {
            for (; done_ < changes_ * (slice + 1) / kSlices; ++done_) {
                rig_.send(update_command(0, 0, "[" + subject_.change(done_, size_) + "]"));
                longest_ = std::max(longest_, rig_.apply_one());
            }
        });
    }
    Cost cost() const {
        const auto count = static_cast<double>(changes_);
        return {static_cast<double>(rig_.log_bytes() - log_before_) / count,
                static_cast<double>(rig_.view_bytes() - view_before_) / count,
                1e6 * cpu_seconds_ / count, 1e3 * longest_};
    }

 private:
    const Subject& subject_;
    const std::size_t size_;
    const std::size_t changes_;
    const ScratchDirectory scratch_;
    Rig rig_;
    std::uint64_t log_before_ = 0;
    std::uint64_t view_before_ = 0;
    std::size_t done_ = 0;
    double cpu_seconds_ = 0;
    double longest_ = 0;
};

// All sizes side by side in thin slices, so that a slow moment of the machine hits all of them.
std::array<Cost, kSizes.size()> costs_of(const Subject& subject) {
    std::vector<std::unique_ptr<Trial>> trials;
    for (const std::size_t size : kSizes) trials.push_back(std::make_unique<Trial>(subject, size));
    for (std::size_t slice = 0; slice < kSlices; ++slice)
        for (const auto& trial : trials) trial->run(slice);
    std::array<Cost, kSizes.size()> costs;
    std::transform(trials.begin(), trials.end(), costs.begin(),
                   [](const auto& trial) { return trial->cost(); });
    return costs;
}

// What one figure was, by size and run.
using Samples = std::array<std::vector<double>, kSizes.size()>;

// The greatest over the least of the sizes, run by run.
void report_spread(Report& report, const std::string& name, const Samples& samples, double goal) {
    std::vector<double> ratios;
    for (std::size_t run = 0; run < samples.front().size(); ++run) {
        const auto [least, most] =
            std::minmax_element(samples.begin(), samples.end(),
                                [run](const auto& a, const auto& b) { return a[run] < b[run]; });
        ratios.push_back((*most)[run] / (*least)[run]);
    }
    report.add({name, "ratio", ratios, goal, Better::kLow});
}

void measure(Report& report, const Subject& subject) {
    Samples log_bytes;
    Samples view_bytes;
    Samples cpu;
    Samples longest;
    for (int run = 0; run < kRuns; ++run) {
        const auto costs = costs_of(subject);
        for (std::size_t i = 0; i < kSizes.size(); ++i) {
            log_bytes[i].push_back(costs[i].log_bytes);
            view_bytes[i].push_back(costs[i].view_bytes);
            cpu[i].push_back(costs[i].cpu_us);
            longest[i].push_back(costs[i].longest_ms);
        }
    }
    for (std::size_t i = 0; i < kSizes.size(); ++i) {
        const std::string name = fmt::format("{} {}", subject.name, kSizes[i]);
        report.add({name + ", log", "B/event", log_bytes[i]});
        report.add({name + ", views", "B/event", view_bytes[i]});
        report.add({name + ", CPU", "us/event", cpu[i]});
        report.add(
            {name + ", longest apply", "ms", longest[i], kApplyMillisecondsMax, Better::kLow});
    }
    const std::string name = subject.name;
    report_spread(report, name + ": log bytes, end to end", log_bytes, kBytesRatioMax);
    report_spread(report, name + ": view bytes, end to end", view_bytes, kBytesRatioMax);
    report_spread(report, name + ": CPU, end to end", cpu, kCpuRatioMax);
}

}  // namespace

void bench_cost(Report& report) {
    for (const Subject& subject : subjects()) measure(report, subject);
}

}  // namespace skein::bench
