// Durable append: what a producer waits for.
#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "bench/bench.h"
#include "bench/raw_rocks.h"
#include "bench/workload.h"
#include "engine/base/check.h"

namespace skein::bench {

namespace {

constexpr Shape kShape{16, 8};
constexpr std::size_t kCommands = 30'000;
constexpr std::size_t kOutstanding = 64;
constexpr std::size_t kSingles = 500;
constexpr double kLagSecondsMax = 1;

// The rows that the log writes for as many events of the same size, in as many synced batches.
double raw_seconds(const ScratchDirectory& scratch, std::size_t event_bytes, std::size_t batches) {
    RawRocks raw(scratch.path() / "raw");
    const std::string event(event_bytes, 'e');
    const std::string receipt(40, 'r');
    const std::string head(45, 'h');
    return seconds_of([&] {
        std::size_t done = 0;
        for (std::size_t b = 1; b <= batches; ++b) {
            rocksdb::WriteBatch batch;
            for (; done < kCommands * b / batches; ++done) {
                const std::size_t swarm = done % kShape.swarms;
                batch.Put(fmt::format("e{:012}", done), event);
                batch.Put(fmt::format("i/swarm/s{}/run/r{}/{:08}", swarm,
                                      done / kShape.swarms % kShape.runs, done),
                          "12345");
                batch.Put(fmt::format("c/swarm/s{}/{:016}", swarm, done), receipt);
            }
            for (std::size_t shard = 0; shard < 16; ++shard)
                batch.Put(fmt::format("h{:04}", shard), head);
            raw.write(batch, Sync::kEachBatch);
        }
    });
}

// Seconds until the views have everything.
double drain_views(Store& store) {
    return seconds_of([&] {
        for (std::uint32_t shard = 0; shard < store.log().shard_count(); ++shard) {
            const Position head = store.log().head(Shard(shard)).position;
            while (!store.views().wait_for(Shard(shard), head, std::chrono::milliseconds(100)))
                continue;
        }
    });
}

void measure_append(Report& report, Projecting projecting, std::string name, double goal) {
    Comparison append;
    std::vector<double> batch_sizes;
    std::vector<double> lags;
    for (int run = 0; run < kRuns; ++run) {
        const ScratchDirectory scratch;
        auto store = open_store(scratch, projecting);
        make_runs(*store, kShape);
        const std::uint64_t rounds = store->counters().rounds;
        const double mine = seconds_of([&] { send_sets(*store, kShape, kCommands, kOutstanding); });
        if (projecting == Projecting::kLive) lags.push_back(drain_views(*store));
        const std::uint64_t batches = store->counters().rounds - rounds;
        batch_sizes.push_back(static_cast<double>(kCommands) / static_cast<double>(batches));
        const double raw = raw_seconds(scratch, mean_event_bytes(*store), batches);
        append.add(kCommands / mine, kCommands / raw);
    }
    report.add({std::move(name), "events/s", append, "raw RocksDB, the same batches, synced", goal,
                Better::kHigh});
    report.add({"  commands of one sync", "", batch_sizes});
    if (!lags.empty())
        report.add({"  views behind at the end", "s", lags, kLagSecondsMax, Better::kLow});
}

}  // namespace

void bench_append(Report& report) {
    measure_append(report, Projecting::kOnDemand, "durable append, views paused", 0.6);
    measure_append(report, Projecting::kLive, "durable append, views live", 0.4);
}

void bench_single(Report& report) {
    Comparison p50;
    for (int run = 0; run < kRuns; ++run) {
        const ScratchDirectory scratch;
        auto store = open_store(scratch, Projecting::kOnDemand);
        make_runs(*store, kShape);
        RawRocks raw(scratch.path() / "raw");
        const std::string row(mean_event_bytes(*store), 'e');
        std::vector<double> mine;
        std::vector<double> raws;
        for (std::size_t i = 0; i < kSingles; ++i) {
            const std::string command = set_command(0, 0, i);
            mine.push_back(1e6 * seconds_of([&] { store->submit(command); }));
            rocksdb::WriteBatch batch;
            batch.Put(fmt::format("{:012}", i), row);
            raws.push_back(1e6 * seconds_of([&] { raw.write(batch, Sync::kEachBatch); }));
        }
        p50.add(quantile(mine, 0.5), quantile(raws, 0.5));
    }
    report.add({"one producer, durable, p50", "us", p50, "raw RocksDB, one synced put", 1.2,
                Better::kLow});
}

}  // namespace skein::bench
