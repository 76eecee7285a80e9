// Commands that can be made again from their number alone, and checks that each stands exactly
// once.
//
// Command n of a shard has 1 to 3 events on the runs of the shard's first scope.
// Threads: free functions; pure but for the log. Errors: a problem is returned as text.
#pragma once

#include <fmt/format.h>

#include <string>

#include "tests/contract/log_batches.h"

namespace skein::log::test {

inline Uuid command_id(Shard shard, std::uint64_t number) {
    return uuid_of(1000 + shard.value(), number);
}

// Command `number`, as it would be appended now.
inline Batch numbered_batch(const EventLog& log, Shard shard, std::uint64_t number) {
    const Scope scope = scope_in(log, shard);
    BatchBuilder batch(log, shard);
    batch.command(scope, command_id(shard, number));
    for (std::uint64_t i = 0; i <= number % 3; ++i) {
        batch.event(run_in(scope, static_cast<int>((number + i) % 7)),
                    fmt::format("command {} {}", number, std::string(number % 900, 'x')));
    }
    return batch.batch();
}

// Commands 1 to `count` of the shard stand once each, in order, with their events; nothing else
// does.
inline std::string problem_of_commands(const EventLog& log, Shard shard, std::uint64_t count) {
    const Scope scope = scope_in(log, shard);
    std::uint64_t position = 1;
    for (std::uint64_t number = 1; number <= count; ++number) {
        const auto receipt = log.find_receipt(scope, command_id(shard, number));
        if (!receipt) return fmt::format("command {} of shard {} is lost", number, shard.value());
        if (receipt->first.value() != position || receipt->event_count != number % 3 + 1) {
            return fmt::format("command {} of shard {} stands elsewhere", number, shard.value());
        }
        const auto event = log.read(shard, receipt->first);
        const std::string wanted = fmt::format("command {} ", number);
        if (!event || event->bytes.find(wanted) == std::string::npos) {
            return fmt::format("the event of command {} is another", number);
        }
        position += receipt->event_count;
    }
    const std::uint64_t head = log.head(shard).position.value();
    if (head + 1 != position) {
        return fmt::format("shard {} holds {} events, {} commands have {}", shard.value(), head,
                           count, position - 1);
    }
    return {};
}

}  // namespace skein::log::test
