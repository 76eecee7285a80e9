#include "tools/cli/pipeline.h"

#include <utility>

namespace skein::cli {

Pipeline::Pipeline(Store& store, OnRejection on_rejection, Tell tell)
    : store_(&store),
      on_rejection_(on_rejection),
      tell_(std::move(tell)),
      sequence_(on_rejection == OnRejection::kStop ? std::make_shared<runtime::Sequence>()
                                                   : nullptr) {}

Pipeline::~Pipeline() { finish(); }

std::shared_ptr<Pipeline::Slot> Pipeline::next_slot() {
    auto slot = std::make_shared<Slot>();
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [this] { return takes_no_more_ || window_.size() < kWindow; });
    if (takes_no_more_) return nullptr;
    window_.push_back(slot);
    return slot;
}

bool Pipeline::put_refused(domain::Rejection rejection) {
    const std::shared_ptr<Slot> slot = next_slot();
    if (slot) answer(slot, runtime::rejected(std::nullopt, std::move(rejection)));
    return slot != nullptr;
}

bool Pipeline::put(const json::Value& command) {
    const std::shared_ptr<Slot> slot = next_slot();
    if (!slot) return false;
    store_->submit_async(
        command, [this, slot](Outcome outcome) { answer(slot, std::move(outcome)); }, sequence_);
    return true;
}

void Pipeline::answer(const std::shared_ptr<Slot>& slot, Outcome outcome) {
    const std::lock_guard lock(mutex_);
    // Known before the ones ahead are answered: nothing behind it may be sent any more.
    if (outcome.kind != OutcomeKind::kAccepted && on_rejection_ == OnRejection::kStop)
        takes_no_more_ = true;
    slot->outcome = std::move(outcome);
    while (!window_.empty() && window_.front()->outcome) {
        const Outcome& first = *window_.front()->outcome;
        if (!is_stopped_) tell_(first);
        if (first.kind != OutcomeKind::kAccepted && on_rejection_ == OnRejection::kStop)
            is_stopped_ = true;
        window_.pop_front();
    }
    answered_.notify_all();
}

void Pipeline::finish() {
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [this] { return window_.empty(); });
}

bool Pipeline::is_stopped() const {
    const std::lock_guard lock(mutex_);
    return is_stopped_;
}

}  // namespace skein::cli
