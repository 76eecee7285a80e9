// The benchmarks: each prints its figures beside what bounds them. See README.md for how and why.
//
// Threads: one run at a time, with nothing beside it. Errors: Fault from the store underneath; a
// broken invariant ends the process. Source: the demanded speeds stand in README.md.
#pragma once

#include <string_view>
#include <vector>

#include "bench/harness.h"
#include "tools/cli/benchmarks.h"

namespace skein::bench {

// All of them, for `skein bench`, in the order in which they run.
class Benches final : public cli::Benchmarks {
 public:
    std::vector<Named> list() const override;
    void run(std::string_view name, const Servers& servers, const Line& line,
             const Figure& figure) const override;
};
using Servers = cli::Benchmarks::Servers;

// Durable append through the whole runtime, and one producer alone.
void bench_append(Report& report);
void bench_single(Report& report);
// Decide and evolve, and the fold of envelopes, in memory on one core.
void bench_decide(Report& report);
void bench_fold(Report& report);
// Views: rebuilt from the log, following it, and read.
void bench_rebuild(Report& report);
void bench_projection(Report& report);
void bench_reads(Report& report);
// The chain, order and decodability of the log, then all that verify looks at.
void bench_verify(Report& report);
// Every stream from its first event, as `replay --from log` reads it.
void bench_replay(Report& report);
// What one change costs in a large state, and a read of a point far from the head.
void bench_cost(Report& report);
void bench_as_of(Report& report);
// A store of many runs: opening, memory, reads. Minutes.
void bench_scale(Report& report);
// Durable append on Postgres, in databases of their own.
void bench_pg_append(Report& report, const Servers& servers);
void bench_pg_single(Report& report, const Servers& servers);
// Events to Kafka, in topics of their own.
void bench_relay(Report& report, const Servers& servers);
// A second node: when it sees an event, and how it catches up with all of them.
void bench_visible(Report& report, const Servers& servers);
void bench_catch_up(Report& report, const Servers& servers);
// Beside other programs for the same job, which `./tools/dev bench --servers` knows.
void bench_peers(Report& report, const Servers& servers);

}  // namespace skein::bench
