// Cost follows the change: what one change costs, however much stands beside it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

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

Cost cost_of(const Subject& subject, std::size_t size) {
    const ScratchDirectory scratch;
    Rig rig(scratch.path() / "views");
    rig.send(create_command(0));
    rig.send(start_command(0, 0));
    for (std::size_t from = 0; from < size; from += kElementsACommand) {
        const std::string updates = subject.grow(from, std::min(size, from + kElementsACommand));
        rig.send(update_command(0, 0, "[" + updates + "]"));
    }
    rig.project();
    const std::size_t changes = changes_of(size);
    const std::uint64_t log_before = rig.log_bytes();
    const std::uint64_t view_before = rig.view_bytes();
    double longest = 0;
    const double cpu = cpu_seconds_of([&] {
        for (std::size_t n = 0; n < changes; ++n) {
            rig.send(update_command(0, 0, "[" + subject.change(n, size) + "]"));
            longest = std::max(longest, rig.apply_one());
        }
    });
    const auto count = static_cast<double>(changes);
    return {static_cast<double>(rig.log_bytes() - log_before) / count,
            static_cast<double>(rig.view_bytes() - view_before) / count, 1e6 * cpu / count,
            1e3 * longest};
}

// What one figure was, by size and run.
using Samples = std::array<std::vector<double>, kSizes.size()>;

// The greatest over the least of the sizes, run by run: the sizes take turns, so that a slow moment
// of the machine hits all of them.
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
    for (int run = 0; run < kRuns; ++run)
        for (std::size_t i = 0; i < kSizes.size(); ++i) {
            const Cost cost = cost_of(subject, kSizes[i]);
            log_bytes[i].push_back(cost.log_bytes);
            view_bytes[i].push_back(cost.view_bytes);
            cpu[i].push_back(cost.cpu_us);
            longest[i].push_back(cost.longest_ms);
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
