// The process that log_kill_test kills: three threads append, and say on standard output what they
// try and what was acknowledged. One of them appends to two shards at once.
//
// usage: log_kill_child DIRECTORY NEXT_0 NEXT_1 NEXT_2 NEXT_3
// Lines: "O" before opening, "T shard number" before an append, "A shard number" after it.
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "engine/base/fault.h"
#include "engine/log/rocksdb/rocks_log.h"
#include "tests/log/numbered_commands.h"

namespace {

using skein::Shard;

// One write for each line: lines of less than PIPE_BUF bytes stay whole.
void say(const std::string& line) {
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(3);
}

void append_for_ever(skein::log::RocksLog& log, const std::vector<Shard>& shards,
                     std::vector<std::uint64_t> next) {
    while (true) {
        std::vector<skein::log::Batch> batches;
        for (const Shard shard : shards) {
            std::uint64_t& number = next[shard.value()];
            batches.push_back(skein::log::test::numbered_batch(log, shard, number));
            say(fmt::format("T {} {}\n", shard.value(), number));
        }
        for (const auto& result : log.append(batches)) {
            if (result.outcome != skein::log::BatchOutcome::kAppended) ::_exit(4);
        }
        for (const Shard shard : shards) {
            say(fmt::format("A {} {}\n", shard.value(), next[shard.value()]++));
        }
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 6) return 2;
    std::vector<std::uint64_t> next;
    for (int i = 2; i < 6; ++i) next.push_back(std::strtoull(arguments[i], nullptr, 10));
    skein::log::RocksLogOptions options;
    options.directory = arguments[1];
    options.mode = skein::log::OpenMode::kCreate;
    options.shard_count = 4;
    options.write_buffer_bytes = 128U << 10;  // so that kills fall into flushes too
    skein::SystemRandom random;
    say("O\n");
    try {
        const auto log = skein::log::RocksLog::open(options, random);
        std::vector<std::thread> threads;
        threads.emplace_back([&] { append_for_ever(*log, {Shard(0)}, next); });
        threads.emplace_back([&] { append_for_ever(*log, {Shard(1)}, next); });
        threads.emplace_back([&] { append_for_ever(*log, {Shard(3), Shard(2)}, next); });
        for (std::thread& thread : threads) thread.join();
    } catch (const skein::Fault& fault) {
        fmt::print(stderr, "{}\n", fault.what());
    }
    return 5;
}
