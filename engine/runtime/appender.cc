#include "engine/runtime/appender.h"

#include <utility>

namespace skein::runtime {

Appender::Appender(std::function<Results(const Round&)> append, std::function<void()> done)
    : append_(std::move(append)), done_(std::move(done)), thread_([this] { run(); }) {}

Appender::~Appender() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Appender::begin(const Round& round) {
    {
        const std::lock_guard lock(mutex_);
        is_done_ = false;
        round_ = &round;
    }
    changed_.notify_all();
}

void Appender::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return round_ == nullptr; });
}

Appender::Results Appender::take() {
    const std::lock_guard lock(mutex_);
    is_done_ = false;
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return std::move(results_);
}

void Appender::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return is_stopping_ || round_ != nullptr; });
        if (round_ == nullptr) return;
        const Round& round = *round_;
        lock.unlock();
        Results results;
        std::exception_ptr failure;
        try {
            results = append_(round);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        results_ = std::move(results);
        failure_ = failure;
        round_ = nullptr;
        is_done_ = true;
        changed_.notify_all();
        lock.unlock();
        done_();
        lock.lock();
    }
}

}  // namespace skein::runtime
