#include "engine/runtime/state_cache.h"

#include <utility>

namespace skein::runtime {

std::shared_ptr<domain::State> StateCache::take(const Stream& stream) {
    const auto found = slots_.find(stream);
    if (found == slots_.end()) return nullptr;
    std::shared_ptr<domain::State> state = std::move(found->second.state);
    bytes_ -= found->second.bytes;
    uses_.erase(found->second.use);
    slots_.erase(found);
    return state;
}

void StateCache::put(std::shared_ptr<domain::State> state) {
    const Stream stream = state->stream();
    take(stream);
    Slot slot;
    slot.bytes = state->memory_bytes();
    slot.state = std::move(state);
    slot.use = uses_.insert(uses_.begin(), stream);
    bytes_ += slot.bytes;
    slots_.emplace(stream, std::move(slot));
    while (slots_.size() > entries_max_ || (bytes_ > bytes_max_ && slots_.size() > 1))
        take(Stream(uses_.back()));
}

void StateCache::clear() {
    slots_.clear();
    uses_.clear();
    bytes_ = 0;
}

}  // namespace skein::runtime
