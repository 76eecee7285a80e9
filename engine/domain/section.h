// Section: a sorted map of a state document together with its digest and size, kept as it changes.
//
// A section is an object member of the document ("variables", "steps"): its digest is the sum of
// its entries' digests plus that of the container itself, so that reading it costs nothing. T
// needs: `json::Digest digest(const json::Path& at) const` (all nodes of the entry at `at`) and
// `std::size_t size_bytes() const`.
// Threads: as CowMap. Errors: none. Source: design section 6 (digests).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "engine/base/cow_map.h"
#include "engine/json/digest.h"

namespace skein::domain {

template <class T>
class Section {
 public:
    // `name`: the member of the document; must outlive the section (a literal).
    explicit Section(std::string_view name) : path_(json::Path().key(name)) {}

    std::size_t size() const { return map_.size(); }
    const T* find(std::string_view key) const { return map_.find(key); }
    const CowMap<std::string, T>& map() const { return map_; }
    json::Path path(std::string_view key) const { return path_.key(key); }

    void put(std::string key, T entry) {
        if (const T* old = map_.find(key)) take_out(key, *old);
        sum_ += entry.digest(path_.key(key));
        bytes_ += key.size() + entry.size_bytes();
        map_.put(std::move(key), std::move(entry));
    }
    // Changes an entry in place: `change(T&)`; returns false where absent.
    template <class Change>
    bool update(std::string_view key, Change&& change) {
        T* entry = map_.find_mutable(key);
        if (entry == nullptr) return false;
        take_out(key, *entry);
        change(*entry);
        sum_ += entry->digest(path_.key(key));
        bytes_ += key.size() + entry->size_bytes();
        return true;
    }
    // Changes an entry in place where the change shows in one part of its digest alone, which the
    // entry keeps: half the cost of update(). Returns false where absent.
    template <class Change>
    bool update_part(std::string_view key, json::Digest T::*part, Change&& change) {
        T* entry = map_.find_mutable(key);
        if (entry == nullptr) return false;
        sum_ -= entry->*part;
        bytes_ -= entry->size_bytes();
        change(*entry);
        sum_ += entry->*part;
        bytes_ += entry->size_bytes();
        return true;
    }
    // Changes every entry in place: `change(T&)` must leave digest and size of each as they are.
    template <class Change>
    void relabel(Change&& change) {
        map_.for_each_mutable([&change](const std::string& /*key*/, T& entry) { change(entry); });
    }
    bool erase(std::string_view key) {
        const T* old = map_.find(key);
        if (old == nullptr) return false;
        take_out(key, *old);
        return map_.erase(key);
    }
    void clear() {
        map_.clear();
        sum_ = {};
        bytes_ = 0;
    }

    json::Digest digest() const {
        json::Digest sum = sum_;
        sum += json::container_digest(path_, json::Type::kObject, map_.size());
        return sum;
    }
    std::size_t size_bytes() const { return bytes_; }

 private:
    void take_out(std::string_view key, const T& entry) {
        sum_ -= entry.digest(path_.key(key));
        bytes_ -= key.size() + entry.size_bytes();
    }

    json::Path path_;
    CowMap<std::string, T> map_;
    json::Digest sum_;
    std::size_t bytes_ = 0;
};

}  // namespace skein::domain
