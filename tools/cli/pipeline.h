// Pipeline: many commands on their way at once, answered in the order in which they were given.
//
// A bounded window of commands is outstanding, so that their appends share syncs while memory stays
// bounded. With stop-at-rejection, commands behind a rejected one are not tried.
// Threads: put() and finish() by one thread; `tell` is called from runtime threads, one at a time, in
// order. Errors: outcomes.
// Source: interfaces section 4 (send -f).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "tools/library/store.h"

namespace skein::cli {

enum class OnRejection { kStop, kContinue };

class Pipeline {
 public:
    using Tell = std::function<void(const Outcome&)>;

    Pipeline(Store& store, OnRejection on_rejection, Tell tell);
    ~Pipeline();  // finish()

    // Sends one command; waits while the window is full. False once a rejection stopped the
    // pipeline.
    bool put(const json::Value& command);
    // The answer to a command that is not sent, told in its turn.
    bool put_refused(domain::Rejection rejection);
    // Waits for every answer.
    void finish();

    bool is_stopped() const;

 private:
    static constexpr std::size_t kWindow =
        1024;  // commands outstanding: several rounds of group commit

    struct Slot {
        std::optional<Outcome> outcome;
    };
    // Null once the pipeline takes no more.
    std::shared_ptr<Slot> next_slot();
    void answer(const std::shared_ptr<Slot>& slot, Outcome outcome);

    Store* store_;
    const OnRejection on_rejection_;
    const Tell tell_;
    const std::shared_ptr<runtime::Sequence> sequence_;

    mutable std::mutex mutex_;  // guards all below
    std::condition_variable answered_;
    std::deque<std::shared_ptr<Slot>> window_;
    bool takes_no_more_ = false;  // something was rejected
    bool is_stopped_ = false;     // ...and told
};

}  // namespace skein::cli
