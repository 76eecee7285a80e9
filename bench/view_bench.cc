// Views: rebuilt, following the log, and read; and the check of the log.
#include <rocksdb/write_batch.h>

#include "bench/bench.h"
#include "bench/counted_rows.h"
#include "bench/raw_rocks.h"
#include "bench/workload.h"
#include "engine/replay/verify.h"
#include "projections/query/generation_view.h"
#include "projections/store/rocks_view_store.h"

namespace skein::bench {

namespace {

using projections::GenerationView;
using projections::Projection;

constexpr Shape kShape{32, 32};
constexpr std::size_t kEvents = 300'000;
constexpr std::size_t kManyOutstanding = 4096;
constexpr std::size_t kReads = 20'000;
constexpr const char* kSameRows = "raw RocksDB, batches of the same rows";

std::unique_ptr<Store> filled_store(const ScratchDirectory& scratch) {
    auto store = open_store(scratch, Projecting::kOnDemand);
    make_runs(*store, kShape);
    send_sets(*store, kShape, kEvents, kManyOutstanding);
    return store;
}

// Follows the whole log as the live projector does; seconds.
double project_all(Store& store, const std::shared_ptr<projections::store::ViewStore>& rows) {
    const auto generation = std::make_shared<const GenerationView>("bench", rows, store.codec(),
                                                                   store.log().shard_count());
    Projection::Options options;
    options.projector.identity = projections::core::identity_of(store.log(), store.codec());
    Projection projection(generation, store.log(), store.codec(), std::move(options));
    const auto shards = store.log().shard_count();
    return seconds_of([&] {
        bool worked = true;
        while (worked) {
            worked = false;
            for (std::uint32_t shard = 0; shard < shards; ++shard)
                worked = projection.projector().advance(Shard(shard), 1000) > 0 || worked;
            worked = projection.projector().work() || worked;
        }
    });
}

std::unique_ptr<projections::store::ViewStore> view_rows(const std::filesystem::path& directory) {
    return projections::store::open_rocks_view_store(
        {directory, std::make_shared<projections::store::BlockCache>(64ULL << 20)});
}

// The rows that projecting the log writes, as it writes them.
std::vector<WrittenBatch> batches_of(Store& store, const ScratchDirectory& scratch) {
    const auto recording = std::make_shared<CountedRows>(view_rows(scratch.path() / "recorded"),
                                                         CountedRows::Keep::kRows);
    project_all(store, recording);
    return recording->batches();
}

double raw_seconds(const ScratchDirectory& scratch, const std::vector<WrittenBatch>& batches) {
    RawRocks raw(scratch.path() / "raw");
    return seconds_of([&] {
        for (const WrittenBatch& rows : batches) {
            rocksdb::WriteBatch batch;
            for (const projections::store::Row& row : rows) batch.Put(row.key, row.value);
            raw.write(batch, Sync::kNever);
        }
    });
}

// The states as one row each.
void put_texts(Store& store, const Shape& shape, RawRocks& raw) {
    rocksdb::WriteBatch batch;
    for (std::size_t s = 0; s < shape.swarms; ++s)
        for (std::size_t r = 0; r < shape.runs; ++r) {
            const Stream stream = run_stream(s, r);
            batch.Put(stream.str(), store.views().latest(stream)->document({}).text());
        }
    raw.write(batch, Sync::kNever);
}

}  // namespace

void bench_rebuild(Report& report) {
    const ScratchDirectory scratch;
    const auto store = filled_store(scratch);
    const auto events = static_cast<double>(events_of(*store));
    const std::vector<WrittenBatch> batches = batches_of(*store, scratch);
    Comparison rates;
    for (int run = 0; run < kRuns; ++run) {
        const ScratchDirectory fresh;
        const double mine = seconds_of([&] {
            store->views().rebuild(projections::Views::AfterRebuild::kSwitch,
                                   [](std::uint64_t, std::uint64_t) {});
        });
        rates.add(events / mine, events / raw_seconds(fresh, batches));
    }
    report.add({"rebuild of all views from the log", "events/s", rates, kSameRows, 300e3,
                Better::kHigh, GoalOf::kValue});
}

void bench_projection(Report& report) {
    const ScratchDirectory scratch;
    const auto store = filled_store(scratch);
    const auto events = static_cast<double>(events_of(*store));
    const std::vector<WrittenBatch> batches = batches_of(*store, scratch);
    Comparison rates;
    for (int run = 0; run < kRuns; ++run) {
        const ScratchDirectory fresh;
        const double mine = project_all(*store, view_rows(fresh.path() / "views"));
        rates.add(events / mine, events / raw_seconds(fresh, batches));
    }
    report.add(
        {"projection as it follows the log", "events/s", rates, kSameRows, 0.6, Better::kHigh});
}

void bench_verify(Report& report) {
    const ScratchDirectory scratch;
    const auto store = filled_store(scratch);
    const auto events = static_cast<double>(events_of(*store));
    std::string bytes;
    for (std::uint32_t shard = 0; shard < store->log().shard_count(); ++shard)
        store->log().scan(Shard(shard), Position(0), [&](const log::EventView& view) {
            bytes.append(view.bytes);
            return true;
        });
    const auto each = static_cast<std::size_t>(static_cast<double>(bytes.size()) / events);
    const auto ignore = [](std::uint64_t) {};
    Comparison rates;
    Comparison whole;
    for (int run = 0; run < kRuns; ++run) {
        const double mine =
            seconds_of([&] { replay::verify_chains(store->log(), store->codec(), ignore); });
        const double all_of_it =
            seconds_of([&] { replay::verify_log(store->log(), store->codec(), ignore); });
        const double hashing = seconds_of([&] {
            const std::string_view all = bytes;
            for (std::size_t at = 0; at < all.size(); at += each)
                keep(blake2b_256(all.substr(at, each)).view().data());
        });
        rates.add(events / mine, events / hashing);
        whole.add(events / all_of_it, events / hashing);
    }
    report.add({"verify of the chain, one core", "events/s", rates,
                "BLAKE2b of as many such events", 500e3, Better::kHigh, GoalOf::kValue});
    report.add({"  with index, receipts and snapshots", "events/s", whole,
                "BLAKE2b of as many such events", 0, Better::kHigh, GoalOf::kValue});
}

void bench_replay(Report& report) {
    const ScratchDirectory scratch;
    const auto store = filled_store(scratch);
    const auto events = static_cast<double>(events_of(*store));
    std::vector<double> folds;
    for (int run = 0; run < kRuns; ++run) {
        const replay::LogStates states(store->log(), store->codec(), replay::Snapshots::kIgnore);
        folds.push_back(events / seconds_of([&] {
                            store->log().scan_streams(Scope(), Stream(),
                                                      [&](const Stream& stream, Version head) {
                                                          states.at(stream, head);
                                                          return true;
                                                      });
                        }));
    }
    report.add({"replay of every stream from the log", "events/s", folds});
}

void bench_reads(Report& report) {
    const ScratchDirectory scratch;
    const Shape shape{16, 8};
    {
        const auto store = open_store(scratch, Projecting::kOnDemand);
        make_runs(*store, shape);
        send_sets(*store, shape, 20'000, kManyOutstanding);
    }
    for (const bool is_cached : {true, false}) {
        const auto store = open_store(scratch, Projecting::kOnDemand,
                                      is_cached ? StateCaching::kUsual : StateCaching::kNone);
        store->views().catch_up();
        const ScratchDirectory fresh;
        RawRocks raw(fresh.path() / "raw");
        put_texts(*store, shape, raw);
        const auto median_of = [&](const auto& read) {
            std::vector<double> each;
            for (std::size_t i = 0; i < kReads; ++i) {
                const Stream stream = run_stream(i * 37 % shape.swarms, i % shape.runs);
                each.push_back(1e6 * seconds_of([&] { read(stream); }));
            }
            return quantile(each, 0.5);
        };
        const auto measure = [&](const std::string& name, double goal, const auto& read) {
            Comparison p50s;
            for (int run = 0; run < kRuns; ++run)
                p50s.add(median_of(read), median_of([&](const Stream& stream) {
                             keep(raw.get(stream.str()).data());
                         }));
            const std::string where = is_cached ? "cached" : "from rows";
            report.add({"current read of a small run, " + name + ", " + where, "us", p50s,
                        "raw RocksDB, a row of its JSON", is_cached ? goal : 0, Better::kLow,
                        GoalOf::kValue});
        };
        measure("state", 10, [&](const Stream& s) { keep(store->views().latest(s).get()); });
        measure("JSON", 15, [&](const Stream& s) {
            keep(store->views().latest(s)->document({}).text().data());
        });
    }
}

}  // namespace skein::bench
