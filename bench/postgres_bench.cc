// Durable append on PostgreSQL: what a producer waits for, beside the same rows without skein.
#include <fmt/format.h>

#include "bench/bench.h"
#include "bench/raw_postgres.h"
#include "bench/workload.h"
#include "engine/base/random.h"

namespace skein::bench {

namespace {

constexpr Shape kShape{16, 8};
constexpr std::size_t kTurns = 6;
constexpr std::size_t kSingles = 500;
constexpr double kCopyGoal = 0.7;
constexpr double kSingleGoal = 1.3;

// Rows as large as the log's, each of its own.
class Rows {
 public:
    RawRow next() {
        const std::size_t n = count_++;
        const std::size_t swarm = n % kShape.swarms;
        RawRow row;
        row.shard = static_cast<std::int32_t>(swarm);
        row.position = static_cast<std::int64_t>(n);
        row.version = static_cast<std::int64_t>(n);
        row.stream = run_stream(swarm, n / kShape.swarms % kShape.runs).str();
        row.scope = fmt::format("swarm/s{}", swarm);
        row.command_id = std::string(ids_.uuid().view());
        return row;
    }

 private:
    std::size_t count_ = 1;
    SeededRandom ids_{1};
};

// COPY of rows as large as the log's into tables with the same indexes.
class CopySide {
 public:
    explicit CopySide(const std::string& dsn) : raw_(dsn) {}

    // `count` rows in `batches` transactions, made before the clock runs.
    double seconds(std::size_t count, std::uint64_t batches, std::size_t envelope_bytes) {
        const std::string envelope(envelope_bytes, 'e');
        const std::string hash(kHashBytes, 'h');
        std::vector<std::pair<CopyRows, CopyRows>> copies;
        for (std::size_t b = 1, done = 0; b <= batches; ++b) {
            auto& [events, receipts] = copies.emplace_back(CopyRows(6), CopyRows(5));
            for (; done < count * b / batches; ++done) {
                const RawRow row = rows_.next();
                events.begin_row().add_int(row.shard).add_bigint(row.position);
                events.add_bigint(row.version).add(row.stream).add(hash).add(envelope);
                receipts.begin_row().add(row.scope).add(row.command_id).add_bigint(row.position);
                receipts.add_int(1).add(hash);
            }
        }
        return seconds_of([&] {
            for (auto& [events, receipts] : copies) raw_.copy(events, receipts);
        });
    }

 private:
    RawPostgres raw_;
    Rows rows_;
};

// Both take turns within a run, so that a slow moment of the machine hits both. A turn is so long
// that its begin and end, where fewer commands are on their way, count for little.
struct AppendLoad {
    std::size_t outstanding;
    std::size_t turn;  // commands
};
void measure_append(Report& report, const std::string& server, const AppendLoad& load) {
    Comparison append;
    std::vector<double> batch_sizes;
    for (int run = 0; run < kRuns; ++run) {
        const ScratchDirectory scratch;
        const ScratchDatabase database(server);
        auto store = open_store_on(database.dsn(), scratch);
        make_runs(*store, kShape);
        CopySide copies(database.dsn());
        double mine = 0;
        double raw = 0;
        std::uint64_t all_batches = 0;
        for (std::size_t turn = 0; turn < kTurns; ++turn) {
            // Untimed: while the other side had its turn, the idle store gave its leases back, and
            // with them the states that it knew to be the newest.
            send_sets(*store, kShape, kShape.swarms * kShape.runs, load.outstanding);
            const std::uint64_t rounds = store->counters().rounds;
            mine += seconds_of([&] { send_sets(*store, kShape, load.turn, load.outstanding); });
            const std::uint64_t batches = store->counters().rounds - rounds;
            const std::size_t bytes = mean_event_bytes(*store) - kHashBytes;
            raw += copies.seconds(load.turn, batches, bytes);
            all_batches += batches;
        }
        const auto commands = static_cast<double>(kTurns * load.turn);
        batch_sizes.push_back(commands / static_cast<double>(all_batches));
        append.add(commands / mine, commands / raw);
    }
    report.add({fmt::format("durable append on Postgres, {} outstanding", load.outstanding),
                "events/s", append, "COPY, the same rows and batches, one connection", kCopyGoal,
                Better::kHigh});
    report.add({"  commands of one commit", "", batch_sizes});
}

}  // namespace

void bench_pg_append(Report& report, const Servers& servers) {
    measure_append(report, servers.postgres, {1000, 30'000});
    measure_append(report, servers.postgres, {64, 10'000});
}

void bench_pg_single(Report& report, const Servers& servers) {
    Comparison p50;
    for (int run = 0; run < kRuns; ++run) {
        const ScratchDirectory scratch;
        const ScratchDatabase database(servers.postgres);
        auto store = open_store_on(database.dsn(), scratch);
        make_runs(*store, kShape);
        RawPostgres raw(database.dsn());
        Rows rows;
        const std::string envelope(mean_event_bytes(*store) - kHashBytes, 'e');
        std::vector<double> mine;
        std::vector<double> raws;
        for (std::size_t i = 0; i < kSingles; ++i) {
            const std::string command = set_command(0, 0, i);
            mine.push_back(1e6 * seconds_of([&] { store->submit(command); }));
            const RawRow row = rows.next();
            raws.push_back(1e6 * seconds_of([&] { raw.insert(row, envelope); }));
        }
        p50.add(quantile(mine, 0.5), quantile(raws, 0.5));
    }
    report.add({"one producer on Postgres, durable, p50", "us", p50,
                "one statement that inserts both rows", kSingleGoal, Better::kLow});
}

}  // namespace skein::bench
