#include "engine/runtime/snapshotter.h"

#include "engine/base/fault.h"
#include "engine/codec/snapshot.h"

namespace skein::runtime {

namespace {

// Doubled until an event's share of a snapshot is small: a large state is written rarely, so that
// what a change costs does not grow with what stands beside it.
std::uint64_t distance_of(const domain::State& state) {
    std::uint64_t every = Snapshotter::kSnapshotEvery;
    while (state.size_bytes() / every > Snapshotter::kBytesAnEventMax) every *= 2;
    return every;
}

bool is_due(const domain::State& state, Version before) {
    const std::uint64_t every = distance_of(state);
    return state.version().value() / every > before.value() / every ||
           state.is_recovery_point(before);
}

}  // namespace

Snapshotter::Snapshotter(log::EventLog& log, const codec::Codec& codec)
    : log_(&log), codec_(&codec), writer_([this] { run(); }) {}

Snapshotter::~Snapshotter() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_all();
    writer_.join();
}

void Snapshotter::offer(const domain::State& state, Version before) {
    if (!is_due(state, before)) return;
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.size() >= kWaitingMax && !waiting_.contains(state.stream())) return;
        const std::shared_ptr<domain::State> alone = state.clone();
        alone->forget_observed();  // which of it is there rests on who read the state, and when
        waiting_[state.stream()] = alone;
    }
    changed_.notify_all();
}

void Snapshotter::drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.empty() && !is_writing_; });
}

void Snapshotter::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return is_stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        const std::shared_ptr<const domain::State> state = waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        is_writing_ = true;
        lock.unlock();
        try {
            log_->put_snapshot(state->stream(), state->version(),
                               codec::encode_snapshot(state, *codec_));
        } catch (const Fault&) {
            // The log says so itself at its next append; replay does without this snapshot.
        }
        lock.lock();
        is_writing_ = false;
        changed_.notify_all();
    }
}

}  // namespace skein::runtime
