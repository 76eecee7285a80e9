#include "bench/bench.h"

#include <array>

#include "engine/base/check.h"

namespace skein::bench {

namespace {

struct Bench {
    cli::Benchmarks::Named named;
    void (*run)(Report& report) = nullptr;
    void (*run_on)(Report& report, const Servers& servers) = nullptr;  // in its place
};
using When = cli::Benchmarks::When;

constexpr std::array kBenches{
    Bench{{"append", "durable append through the runtime, 64 outstanding"}, bench_append},
    Bench{{"single", "one producer, one durable command after another"}, bench_single},
    Bench{{"decide", "decide and evolve in memory"}, bench_decide},
    Bench{{"fold", "fold of envelopes in memory, decoding included"}, bench_fold},
    Bench{{"rebuild", "all views from the log"}, bench_rebuild},
    Bench{{"projection", "views that follow the log"}, bench_projection},
    Bench{{"verify", "chain, order and decodability of the log; then all of verify"}, bench_verify},
    Bench{{"replay", "every stream from its first event"}, bench_replay},
    Bench{{"reads", "current reads of a small run"}, bench_reads},
    Bench{{"cost", "what one change costs in a large state"}, bench_cost},
    Bench{{"as-of", "reads of points far from the head"}, bench_as_of},
    Bench{{"scale", "a store of a million runs and ten million events", When::kWhenNamed},
          bench_scale},
    Bench{
        {"pg-append", "durable append on Postgres, 1,000 and 64 outstanding", When::kWithPostgres},
        nullptr,
        bench_pg_append},
    Bench{{"pg-single", "one producer on Postgres, one durable command after another",
           When::kWithPostgres},
          nullptr,
          bench_pg_single},
    Bench{{"relay", "events from Postgres to Kafka", When::kWithKafka}, nullptr, bench_relay},
    Bench{{"visible", "from an answer to the view of another node, by Kafka", When::kWithKafka},
          nullptr,
          bench_visible},
    Bench{{"catch-up", "an empty node, from Kafka and from Postgres", When::kWithKafka},
          nullptr,
          bench_catch_up},
    Bench{{"peers", "append, load and catch-up beside others", When::kWithPeers},
          nullptr,
          bench_peers},
};

}  // namespace

std::vector<cli::Benchmarks::Named> Benches::list() const {
    std::vector<Named> names;
    for (const Bench& bench : kBenches) names.push_back(bench.named);
    return names;
}

void Benches::run(std::string_view name, const Servers& servers, const Line& line,
                  const Figure& figure) const {
    for (const Bench& bench : kBenches) {
        if (bench.named.name != name) continue;
        Report report(line, figure);
        return bench.run != nullptr ? bench.run(report) : bench.run_on(report, servers);
    }
    SKEIN_CHECK(false, "there is no benchmark {}", name);
}

}  // namespace skein::bench
