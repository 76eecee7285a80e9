// Appender: appends one round in a thread of its own, so that the next one can be decided
// meanwhile.
//
// Threads: begin(), is_done(), wait() and take() by whoever leads; `append` and `done` are called on the
// appender's thread. Errors: what `append` throws is thrown by take().
// Source: design section 3 (group commit).
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/log/event_log.h"
#include "engine/runtime/round.h"

namespace skein::runtime {

class Appender {
 public:
    using Results = std::vector<log::AppendResult>;

    Appender(std::function<Results(const Round&)> append, std::function<void()> done);
    ~Appender();  // only when nothing is under way
    Appender(const Appender&) = delete;
    Appender& operator=(const Appender&) = delete;

    // `round` outlives take(). Nothing else is under way.
    void begin(const Round& round);
    bool is_done() const { return is_done_.load(); }
    void wait();
    // Of the round that is done.
    Results take();

 private:
    void run();

    const std::function<Results(const Round&)> append_;
    const std::function<void()> done_;
    std::mutex mutex_;  // guards what is not atomic
    std::condition_variable changed_;
    const Round* round_ = nullptr;
    Results results_;
    std::exception_ptr failure_;
    bool is_stopping_ = false;
    std::atomic<bool> is_done_{false};
    std::thread thread_;
};

}  // namespace skein::runtime
