// Commands that were taken and are not answered yet. Each is answered once: by who did it or, where
// that takes too long, as unknown. What comes later is dropped; the command may have been accepted,
// so it is to be sent again with its id.
//
// Threads: all methods from any, and callbacks are called by whoever answers, without a lock.
// Source: interfaces section 4 (outcomes); V-95.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "engine/base/ids.h"
#include "engine/runtime/runtime.h"

namespace skein::node {

class OpenCommands {
 public:
    using Callback = runtime::Runtime::Callback;
    using Clock = std::chrono::steady_clock;

    // What is to be called with the answer in the place of `done`. This outlives it.
    Callback add(const Uuid& id, Callback done);
    // Answers those that have waited for longer than `age`; `why` is the detail. Returns how many.
    std::size_t give_up(Clock::duration age, const std::string& why);

    std::uint64_t count() const;
    // Returns when all that were added before and meanwhile have their answer, or at `end`.
    void wait_for_none(Clock::time_point end) const;

 private:
    struct Open {
        Uuid id;
        Clock::time_point since;
        Callback done;  // null: it is being answered
    };

    void answer(std::uint64_t number, runtime::Outcome outcome);

    mutable std::mutex mutex_;  // guards all below
    mutable std::condition_variable is_empty_;
    std::map<std::uint64_t, Open> open_;  // in the order in which they came
    std::uint64_t last_ = 0;
};

}  // namespace skein::node
