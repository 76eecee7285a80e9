#include "tools/library/view_acks.h"

#include <utility>

#include "engine/base/fault.h"
#include "tools/library/store.h"

namespace skein {

namespace {

// How long one wait may last before deadline, shutdown and the projector's state are looked at.
constexpr std::chrono::milliseconds kViewWait{100};

}  // namespace

bool ViewAcks::is_stopping() const {
    const std::lock_guard lock(mutex_);
    return is_stopping_;
}

std::string ViewAcks::why_not(const runtime::Outcome& outcome, Deadline deadline) {
    const runtime::OutcomeEvent& last = outcome.events.back();
    try {
        if (projecting_ == Projecting::kOnDemand) {
            views_->catch_up();
            return {};
        }
        while (!views_->wait_for(last.shard, last.position, kViewWait)) {
            if (deadline && std::chrono::steady_clock::now() >= *deadline)
                return "durable, but the view had not reached it when the deadline passed";
            const std::string failure = views_->counters().failure;
            if (!failure.empty()) return "durable, but the view stands still: " + failure;
            if (is_stopping()) return "durable, but the store closed before the view reached it";
        }
    } catch (const Fault& fault) {
        return std::string("durable, but the view stands still: ") + fault.what();
    }
    return {};
}

runtime::Outcome ViewAcks::wait(runtime::Outcome outcome, Deadline deadline) {
    outcome.detail = why_not(outcome, deadline);
    if (!outcome.detail.empty()) outcome.kind = runtime::OutcomeKind::kUnknown;
    return outcome;
}

void ViewAcks::wait_async(runtime::Outcome outcome, Callback done) {
    const std::lock_guard lock(mutex_);
    queue_.push_back({std::move(outcome), std::move(done)});
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    changed_.notify_one();
}

void ViewAcks::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return is_stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        Waiting next = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        next.done(wait(std::move(next.outcome), std::nullopt));
        lock.lock();
    }
}

void ViewAcks::stop() {
    std::thread thread;
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        thread.swap(thread_);
        changed_.notify_one();
    }
    if (thread.joinable()) thread.join();
}

}  // namespace skein
