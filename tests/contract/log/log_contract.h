// The contract of the log: the suite beside this header runs on whatever log a backend's test file
// makes, which links the suite and defines make_log().
//
// Threads: the tests start their own and join them. Errors: checks of Catch2.
// Source: engine/log/event_log.h; P1, P2, P4, P5.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/contract/log_batches.h"

namespace skein::log::test {

// A new, empty log of four shards. `reopen` closes it and opens it again; null where nothing lasts.
struct LogUnderTest {
    std::unique_ptr<EventLog> log;
    std::function<void(std::unique_ptr<EventLog>&)> reopen;
    std::shared_ptr<void> directory;
};
LogUnderTest make_log();

inline std::vector<std::string> bytes_of(const EventLog& log, Shard shard, Position after = {}) {
    std::vector<std::string> found;
    log.scan(shard, after, [&](const EventView& event) {
        found.emplace_back(event.bytes);
        return true;
    });
    return found;
}

}  // namespace skein::log::test
