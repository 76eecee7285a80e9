// StateCache: the newest states of the streams that commands touched lately, for one executor.
//
// Committed states only: a round takes a state out while it changes it and puts it back once its
// events are durable; a state that is not put back is loaded anew. Bounded; the least lately used
// goes first.
// Threads: owned by the thread that runs a round. Errors: none.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <unordered_map>

#include "engine/domain/state.h"

namespace skein::runtime {

class StateCache {
 public:
    StateCache(std::size_t entries_max, std::size_t bytes_max)
        : entries_max_(entries_max), bytes_max_(bytes_max) {}

    // Removes and returns the state of `stream`, or nullptr.
    std::shared_ptr<domain::State> take(const Stream& stream);
    void put(std::shared_ptr<domain::State> state);
    void clear();

 private:
    struct Slot {
        std::shared_ptr<domain::State> state;
        std::size_t bytes = 0;
        std::list<Stream>::iterator use;
    };

    const std::size_t entries_max_;
    const std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    std::unordered_map<Stream, Slot> slots_;
    std::list<Stream> uses_;  // most lately used first
};

}  // namespace skein::runtime
