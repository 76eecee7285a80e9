#include "projections/query/generation_view.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

namespace skein::projections {

namespace {

constexpr std::uint64_t kBuildThreads = 2;        // decoding and folding; RocksDB has its own
constexpr std::uint64_t kProgressEvents = 50000;  // between two calls of progress
constexpr std::uint64_t kBuildBatchEvents = 100000;
constexpr std::size_t kBuildBatchBytes = 32U
                                         << 20;  // a sorted run: large ones need less compaction

// What the threads of a build share.
struct Work {
    std::atomic<std::uint32_t> next_shard{0};
    std::atomic<bool> failed{false};
    std::mutex mutex;
    std::uint64_t done = 0;          // guarded by mutex
    std::exception_ptr first_error;  // guarded by mutex
};

void project_shard(const BuildRequest& request, core::Projector& projector, Shard shard, Work& work,
                   std::uint64_t total) {
    const Position head = request.heads[shard.value()];
    while (!work.failed.load()) {
        const Position position = projector.position(shard);
        if (position >= head) return;
        const std::uint64_t left = head.value() - position.value();
        const std::uint64_t taken = projector.advance(shard, std::min(left, kProgressEvents));
        if (taken == 0) return;
        const std::lock_guard lock(work.mutex);
        work.done += taken;
        if (request.progress) request.progress(work.done, total);
    }
}

void build_in_thread(const BuildRequest& request, const log::EventLog& log,
                     const codec::Codec& codec, Work& work, std::uint64_t total) {
    try {
        Projection::Options options;
        options.history = request.history;
        options.projector.identity = request.identity;
        options.projector.feed = request.feed;
        options.projector.journal = store::Journal::kSkipped;
        options.projector.batch_events_max = kBuildBatchEvents;
        options.projector.batch_bytes_max = kBuildBatchBytes;
        Projection projection(request.generation, log, codec, std::move(options));
        while (!work.failed.load()) {
            const std::uint32_t shard = work.next_shard.fetch_add(1);
            if (shard >= request.heads.size()) break;
            project_shard(request, projection.projector(), Shard(shard), work, total);
        }
        while (!work.failed.load() && projection.projector().work()) continue;
    } catch (...) {
        work.failed.store(true);
        const std::lock_guard lock(work.mutex);
        if (!work.first_error) work.first_error = std::current_exception();
    }
}

}  // namespace

Projection::Projection(std::shared_ptr<const GenerationView> generation, const log::EventLog& log,
                       const codec::Codec& codec, Options options)
    : generation_(std::move(generation)),
      view_(generation_->store, codec, log.shard_count(), options.history, options.readers),
      projector_(log, codec, *generation_->store, view_, std::move(options.projector)) {}

std::vector<Position> heads_of(const log::EventLog& log) {
    std::vector<Position> heads;
    for (std::uint32_t shard = 0; shard < log.shard_count(); ++shard)
        heads.push_back(log.head(Shard(shard)).position);
    return heads;
}

void build_generation(const BuildRequest& request, const log::EventLog& log,
                      const codec::Codec& codec) {
    std::uint64_t total = 0;
    for (const Position head : request.heads) total += head.value();
    Work work;
    std::vector<std::thread> threads;
    try {
        for (std::uint64_t n = 1; n < kBuildThreads; ++n)
            threads.emplace_back([&] { build_in_thread(request, log, codec, work, total); });
    } catch (const std::system_error&) {
        // A system that gives no more threads leaves the work to fewer.
    }
    build_in_thread(request, log, codec, work, total);
    for (std::thread& thread : threads) thread.join();
    if (work.first_error) std::rethrow_exception(work.first_error);
    request.generation->store->flush();
}

}  // namespace skein::projections
