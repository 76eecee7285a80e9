// KeptDigest: a part of a state's digest that is worth remembering between events.
//
// A state is const and shared once it is made, so whoever asks first may remember for all: several
// threads then store the same number, which the atomics make harmless.
// Threads: keep() and get() from any thread; forget() by the owner alone, as for every change of a
// state. Errors: none.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "engine/json/digest.h"

namespace skein::domain {

class KeptDigest {
 public:
    KeptDigest() = default;
    KeptDigest(const KeptDigest& other) { *this = other; }
    KeptDigest& operator=(const KeptDigest& other) {
        if (this == &other) return *this;
        forget();
        if (const auto digest = other.get()) keep(*digest);
        return *this;
    }

    std::optional<json::Digest> get() const {
        if (!is_kept_.load(std::memory_order_acquire)) return std::nullopt;
        json::Digest digest;
        digest.low = low_.load(std::memory_order_relaxed);
        digest.high = high_.load(std::memory_order_relaxed);
        return digest;
    }
    void keep(const json::Digest& digest) {
        low_.store(digest.low, std::memory_order_relaxed);
        high_.store(digest.high, std::memory_order_relaxed);
        is_kept_.store(true, std::memory_order_release);
    }
    void forget() { is_kept_.store(false, std::memory_order_relaxed); }

 private:
    std::atomic<std::uint64_t> low_{0};
    std::atomic<std::uint64_t> high_{0};
    std::atomic<bool> is_kept_{false};
};

}  // namespace skein::domain
