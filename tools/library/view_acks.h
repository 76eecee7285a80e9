// Answers that wait for the view: commands with ack "view" are durable first, and are answered when
// the local view has them.
//
// Where the view stands still, or the store closes first, the answer is unknown, with the reason:
// the command is durable, and sending it again with its command_id is answered as a duplicate.
// Threads: all methods from any thread; stop() by one. Callbacks of wait_async() are called on a
// thread of its own, in order. Errors: outcomes. Source: interfaces section 2 (ack).
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "engine/runtime/runtime.h"
#include "projections/query/views.h"

namespace skein {

enum class Projecting;

class ViewAcks {
 public:
    using Callback = runtime::Runtime::Callback;
    using Deadline = runtime::Runtime::Deadline;

    ViewAcks(projections::Views& views, Projecting projecting)
        : views_(&views), projecting_(projecting) {}
    ~ViewAcks() { stop(); }
    ViewAcks(const ViewAcks&) = delete;
    ViewAcks& operator=(const ViewAcks&) = delete;

    // `outcome` is accepted.
    runtime::Outcome wait(runtime::Outcome outcome, Deadline deadline);
    // The same without blocking: answers through `done`.
    void wait_async(runtime::Outcome outcome, Callback done);
    // Answers all that wait. Idempotent; nothing may be added afterwards.
    void stop();

 private:
    struct Waiting {
        runtime::Outcome outcome;
        Callback done;
    };
    void run();
    bool is_stopping() const;
    // Empty once the view has it; else why it has not.
    std::string why_not(const runtime::Outcome& outcome, Deadline deadline);

    projections::Views* const views_;
    const Projecting projecting_;
    mutable std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    std::deque<Waiting> queue_;
    bool is_stopping_ = false;
    std::thread thread_;  // made when first needed
};

}  // namespace skein
