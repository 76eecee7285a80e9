// Speed of the embedded store, each figure beside its ceiling: see README.md for how and why.
#include <fmt/format.h>
#include <rocksdb/db.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>

#include "bench/harness.h"
#include "bench/workload.h"
#include "engine/base/check.h"
#include "engine/codec/envelope.h"
#include "engine/replay/verify.h"
#include "tools/library/store.h"

namespace skein::bench {

namespace {

constexpr int kRuns = 5;
constexpr std::size_t kSwarms = 16;
constexpr std::size_t kRunsEach = 8;
constexpr std::size_t kCommands = 20'000;
constexpr std::size_t kOutstanding = 64;
constexpr std::size_t kSingles = 500;

std::unique_ptr<Store> open_store(const ScratchDirectory& scratch, Projecting projecting) {
    StoreOptions options;
    options.directory = scratch.path() / "store";
    options.projecting = projecting;
    auto store = Store::open(options);
    for (std::size_t s = 0; s < kSwarms; ++s) {
        store->submit(create_command(s));
        for (std::size_t r = 0; r < kRunsEach; ++r) store->submit(start_command(s, r));
    }
    return store;
}

// Sends kCommands with kOutstanding of them on their way at any time.
void send_all(Store& store) {
    std::mutex mutex;
    std::condition_variable answered;
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < kCommands; ++i) {
        {
            std::unique_lock lock(mutex);
            answered.wait(lock, [&] { return waiting < kOutstanding; });
            ++waiting;
        }
        store.submit_async(set_command(i % kSwarms, i / kSwarms % kRunsEach, i).text(),
                           [&](const Outcome& outcome) {
                               SKEIN_CHECK(outcome.kind == OutcomeKind::kAccepted, "refused");
                               const std::lock_guard lock(mutex);
                               --waiting;
                               answered.notify_one();
                           });
    }
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return waiting == 0; });
}

// The ceiling: the rows that the log writes for as many events, in synced batches of kOutstanding.
double raw_batches(const ScratchDirectory& scratch, std::size_t event_bytes) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    SKEIN_CHECK(rocksdb::DB::Open(options, (scratch.path() / "raw").string(), &opened).ok(), "raw");
    const std::unique_ptr<rocksdb::DB> db(opened);
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const std::string event(event_bytes, 'e');
    const std::string receipt(40, 'r');
    return seconds_of([&] {
        for (std::size_t i = 0; i < kCommands; i += kOutstanding) {
            rocksdb::WriteBatch batch;
            for (std::size_t k = i; k < i + kOutstanding; ++k) {
                batch.Put(fmt::format("e{:012}", k), event);
                batch.Put(fmt::format("i/swarm/s{}/run/r{}/{:08}", k % kSwarms, k % kRunsEach, k),
                          "12345");
                batch.Put(fmt::format("c/swarm/s{}/{:016}", k % kSwarms, k), receipt);
            }
            SKEIN_CHECK(db->Write(synced, &batch).ok(), "raw write");
        }
    });
}

std::size_t mean_event_bytes(Store& store) {
    std::size_t bytes = 0;
    std::size_t count = 0;
    store.log().scan(Shard(0), Position(0), [&](const log::EventView& view) {
        bytes += view.bytes.size() + view.hash.size();
        return ++count < 1000;
    });
    return count == 0 ? 400 : bytes / count;
}

void measure_append(Report& report, Projecting projecting, std::string name, double goal) {
    std::vector<double> ours;
    std::vector<double> raws;
    std::vector<double> ratios;
    for (int run = 0; run < kRuns; ++run) {
        const ScratchDirectory scratch;
        auto store = open_store(scratch, projecting);
        const double mine = seconds_of([&] { send_all(*store); });
        const double raw = raw_batches(scratch, mean_event_bytes(*store));
        ours.push_back(kCommands / mine);
        raws.push_back(kCommands / raw);
        ratios.push_back(raw / mine);
    }
    report.add({std::move(name), "events/s", spread_of(ours), "raw RocksDB synced batches",
                spread_of(raws), spread_of(ratios), goal, false});
}

void measure_single(Report& report) {
    std::vector<double> ours;
    std::vector<double> raws;
    std::vector<double> ratios;
    for (int run = 0; run < kRuns; ++run) {
        const ScratchDirectory scratch;
        auto store = open_store(scratch, Projecting::kOnDemand);
        rocksdb::Options options;
        options.create_if_missing = true;
        rocksdb::DB* opened = nullptr;
        SKEIN_CHECK(rocksdb::DB::Open(options, (scratch.path() / "raw").string(), &opened).ok(),
                    "raw");
        const std::unique_ptr<rocksdb::DB> db(opened);
        rocksdb::WriteOptions synced;
        synced.sync = true;
        const std::string row(mean_event_bytes(*store), 'e');
        std::vector<double> mine;
        std::vector<double> raw;
        for (std::size_t i = 0; i < kSingles; ++i) {
            const json::Value command = set_command(0, 0, i);
            mine.push_back(1e6 * seconds_of([&] { store->submit(command); }));
            raw.push_back(1e6 *
                          seconds_of([&] { db->Put(synced, fmt::format("{:012}", i), row); }));
        }
        ours.push_back(quantile(mine, 0.5));
        raws.push_back(quantile(raw, 0.5));
        ratios.push_back(ours.back() / raws.back());
    }
    report.add({"one producer, durable, p50", "us", spread_of(ours), "raw RocksDB synced put",
                spread_of(raws), spread_of(ratios), 1.2, true});
}

void measure_reads_and_replay(Report& report) {
    const ScratchDirectory scratch;
    auto store = open_store(scratch, Projecting::kOnDemand);
    send_all(*store);
    std::vector<double> catch_up;
    std::vector<double> verify;
    std::vector<double> fold;
    std::vector<double> typed;
    std::vector<double> as_json;
    const double events = kCommands + kSwarms * (1 + kRunsEach);
    for (int run = 0; run < kRuns; ++run) {
        catch_up.push_back(events / seconds_of([&] {
                               store->views().rebuild(projections::Views::AfterRebuild::kSwitch,
                                                      [](std::uint64_t, std::uint64_t) {});
                           }));
        verify.push_back(events / seconds_of([&] {
                             replay::verify_log(store->log(), store->codec(), [](std::uint64_t) {});
                         }));
        const replay::LogStates folds(store->log(), store->codec(), replay::Snapshots::kIgnore);
        fold.push_back(events / seconds_of([&] {
                           store->log().scan_streams(Scope(), Stream(),
                                                     [&](const Stream& stream, Version head) {
                                                         folds.at(stream, head);
                                                         return true;
                                                     });
                       }));
        const Stream small("swarm/s0/run/r0");
        constexpr int kReads = 20'000;
        typed.push_back(1e6 / kReads * seconds_of([&] {
                            for (int i = 0; i < kReads; ++i) store->views().latest(small);
                        }));
        as_json.push_back(1e6 / kReads * seconds_of([&] {
                              for (int i = 0; i < kReads; ++i)
                                  store->views().latest(small)->document({}).text();
                          }));
    }
    report.add({"rebuild of all views from the log",
                "events/s",
                spread_of(catch_up),
                "",
                {},
                {},
                300e3,
                false});
    report.add({"verify of the chain, indexes and order",
                "events/s",
                spread_of(verify),
                "",
                {},
                {},
                500e3,
                false});
    report.add(
        {"fold of every stream from the log", "events/s", spread_of(fold), "", {}, {}, 0, false});
    report.add(
        {"current read of a small run, typed (L1)", "us", spread_of(typed), "", {}, {}, 10, true});
    report.add(
        {"current read of a small run, JSON (L1)", "us", spread_of(as_json), "", {}, {}, 15, true});
}

}  // namespace

}  // namespace skein::bench

int main(int argc, char** argv) {
    using namespace skein;
    const bool is_json = argc > 1 && std::strcmp(argv[1], "--json") == 0;
    bench::Report report(is_json ? bench::Report::Form::kJson : bench::Report::Form::kTable);
    bench::measure_append(report, Projecting::kOnDemand,
                          "durable append, 64 outstanding, views paused", 0.6);
    bench::measure_append(report, Projecting::kLive, "durable append, 64 outstanding, views live",
                          0.4);
    bench::measure_single(report);
    bench::measure_reads_and_replay(report);
    return 0;
}
