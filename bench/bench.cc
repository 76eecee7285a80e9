#include "bench/bench.h"

namespace skein::bench {

const std::vector<Bench>& benches() {
    static const std::vector<Bench> all{
        {"append", "durable append through the runtime, 64 outstanding", bench_append},
        {"single", "one producer, one durable command after another", bench_single},
        {"decide", "decide and evolve in memory", bench_decide},
        {"fold", "fold of envelopes in memory, decoding included", bench_fold},
        {"rebuild", "all views from the log", bench_rebuild},
        {"projection", "views that follow the log", bench_projection},
        {"verify", "chain, order, decodability and index of the log", bench_verify},
        {"replay", "every stream from its first event", bench_replay},
        {"reads", "current reads of a small run", bench_reads},
        {"cost", "what one change costs in a large state", bench_cost},
        {"as-of", "reads of points far from the head", bench_as_of},
    };
    return all;
}

const std::vector<Bench>& long_benches() {
    static const std::vector<Bench> all{
        {"scale", "a store of a million runs and ten million events", bench_scale},
    };
    return all;
}

}  // namespace skein::bench
