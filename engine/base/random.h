// The seam for randomness: ids of commands that came without one, the secret of a new store.
//
// Threads: implementations are thread-safe. Errors: none.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "engine/base/ids.h"

namespace skein {

class Random {
 public:
    virtual ~Random() = default;
    virtual std::uint64_t next() = 0;

    std::string bytes(std::size_t count);
    // UUIDv4.
    Uuid uuid();
};

// From the system's generator: for secrets and ids.
class SystemRandom final : public Random {
 public:
    std::uint64_t next() override;
};

// SplitMix64 from a seed: tests and simulation, where a run must be repeatable.
class SeededRandom final : public Random {
 public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() override;
    // 0 .. bound-1; bound > 0.
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
    std::mutex mutex_;
    std::uint64_t state_;
};

}  // namespace skein
