// The heads of streams lately written or asked for, so that an append does not seek for each event.
//
// Threads: all methods from any thread; one mutex, held for moments.
// Errors: none. Cost: O(1). Limit: `count_max` streams, the least recently used leave first.
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/base/ids.h"

namespace skein::log {

class StreamHeads {
 public:
    explicit StreamHeads(std::size_t count_max) : count_max_(count_max) {}

    std::optional<Version> find(const Stream& stream) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto place = places_.find(stream.str());
        if (place == places_.end()) return std::nullopt;
        rows_.splice(rows_.begin(), rows_, place->second);
        return place->second->second;
    }
    void put(const Stream& stream, Version version) {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto place = places_.find(stream.str());
        if (place != places_.end()) {
            place->second->second = version;
            rows_.splice(rows_.begin(), rows_, place->second);
            return;
        }
        rows_.emplace_front(stream.str(), version);
        places_.emplace(rows_.front().first, rows_.begin());
        if (rows_.size() <= count_max_) return;
        places_.erase(rows_.back().first);
        rows_.pop_back();
    }
    void clear() {
        const std::lock_guard<std::mutex> lock(mutex_);
        places_.clear();
        rows_.clear();
    }

 private:
    using Rows = std::list<std::pair<std::string, Version>>;

    const std::size_t count_max_;
    std::mutex mutex_;
    Rows rows_;  // guarded by mutex_
    std::unordered_map<std::string_view, Rows::iterator>
        places_;  // guarded by mutex_; keys in rows_
};

}  // namespace skein::log
