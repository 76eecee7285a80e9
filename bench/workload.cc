#include "bench/workload.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>

#include "engine/base/check.h"
#include "engine/json/parse.h"

namespace skein::bench {

namespace {

constexpr std::size_t kManyOutstanding = 4096;

}  // namespace

json::Value parsed(const std::string& text) {
    auto value = json::parse(text);
    SKEIN_CHECK(value.has_value(), "the benchmark's JSON is broken: {}", text);
    return *value;
}

std::string set_command(std::size_t swarm, std::size_t run, std::size_t n) {
    std::string value = fmt::format("{:08}", n);
    value.resize(kValueBytes, 'x');
    return update_command(
        swarm, run, fmt::format(R"([{{"key":"k{}","op":"set","value":"{}"}}])", n % kKeys, value));
}

std::string update_command(std::size_t swarm, std::size_t run, const std::string& updates) {
    return fmt::format(
        R"({{"type":"UpdateContext","swarm":"s{}","run":"r{}","data":{{"updates":{}}}}})", swarm,
        run, updates);
}

std::string create_command(std::size_t swarm) {
    return fmt::format(R"({{"type":"CreateSwarm","swarm":"s{}"}})", swarm);
}

std::string start_command(std::size_t swarm, std::size_t run) {
    return fmt::format(R"({{"type":"StartRun","swarm":"s{}","run":"r{}"}})", swarm, run);
}

ScratchDirectory::ScratchDirectory() {
    namespace fs = std::filesystem;
    const char* named = std::getenv("SKEIN_BENCH_DIR");
    const fs::path base = named != nullptr ? fs::path(named) : fs::temp_directory_path();
    std::string pattern = (base / "skein-bench-XXXXXX").string();
    SKEIN_CHECK(::mkdtemp(pattern.data()) != nullptr, "cannot make {}", pattern);
    path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Stream run_stream(std::size_t swarm, std::size_t run) {
    return Stream(fmt::format("swarm/s{}/run/r{}", swarm, run));
}

std::unique_ptr<Store> open_store(const ScratchDirectory& scratch, Projecting projecting,
                                  StateCaching caching) {
    StoreOptions options;
    options.directory = scratch.path() / "store";
    options.projecting = projecting;
    if (caching == StateCaching::kNone) {
        options.views.state_cache_bytes = 0;
        options.views.swarm_cache_entries = 0;
        options.views.run_cache_entries = 0;
    }
    return Store::open(options);
}

std::unique_ptr<Store> open_store_on(const std::string& dsn, const ScratchDirectory& scratch) {
    StoreOptions options;
    options.directory = scratch.path() / "store";
    options.projecting = Projecting::kOnDemand;
    options.postgres.emplace().connect.dsn = dsn;
    return Store::open(options);
}

void make_runs(Store& store, const Shape& shape) {
    send_all(store, shape.swarms, kManyOutstanding, create_command);
    send_all(store, shape.swarms * shape.runs, kManyOutstanding,
             [&](std::size_t i) { return start_command(i % shape.swarms, i / shape.swarms); });
}

void send_all(Store& store, std::size_t count, std::size_t outstanding,
              const std::function<std::string(std::size_t)>& command) {
    std::mutex mutex;
    std::condition_variable answered;
    std::size_t waiting = 0;
    for (std::size_t i = 0; i < count; ++i) {
        {
            std::unique_lock lock(mutex);
            answered.wait(lock, [&] { return waiting < outstanding; });
            ++waiting;
        }
        store.submit_async(command(i), [&](const Outcome& outcome) {
            SKEIN_CHECK(outcome.kind == OutcomeKind::kAccepted, "refused: {}",
                        runtime::outcome_document(outcome).text());
            const std::lock_guard lock(mutex);
            if (waiting-- == outstanding || waiting == 0) answered.notify_one();
        });
    }
    std::unique_lock lock(mutex);
    answered.wait(lock, [&] { return waiting == 0; });
}

void send_sets(Store& store, const Shape& shape, std::size_t count, std::size_t outstanding) {
    send_all(store, count, outstanding, [&](std::size_t i) {
        return set_command(i % shape.swarms, i / shape.swarms % shape.runs, i);
    });
}

std::uint64_t events_of(Store& store) {
    std::uint64_t events = 0;
    const log::EventLog& log = store.log();
    for (std::uint32_t shard = 0; shard < log.shard_count(); ++shard)
        events += log.head(Shard(shard)).position.value();
    return events;
}

std::size_t mean_event_bytes(Store& store) {
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (std::uint32_t shard = 0; shard < store.log().shard_count() && count < 1000; ++shard) {
        store.log().scan(Shard(shard), Position(0), [&](const log::EventView& view) {
            bytes += view.bytes.size() + view.hash.size();
            return ++count < 1000;
        });
    }
    return bytes / std::max<std::size_t>(count, 1);
}

}  // namespace skein::bench
