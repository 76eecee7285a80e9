// Waiting for what comes by itself, in another thread, process or server: tests ask until it is
// there and never sleep for as long as it might take.
//
// Threads: any. Errors: what the condition throws.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace skein::test {

// Far above what anything takes here: it is for the test that fails.
inline constexpr std::chrono::seconds kPatience{60};

// Whether the condition holds within the limit. It is asked at once, then ever more rarely: what
// comes soon is seen soon, and a server that is asked has time for its work.
template <class Condition>
[[nodiscard]] bool comes_true(const Condition& condition, std::chrono::seconds limit = kPatience) {
    constexpr std::chrono::milliseconds kPauseMax{20};
    const auto end = std::chrono::steady_clock::now() + limit;
    for (std::chrono::milliseconds pause{1}; !condition(); pause = std::min(pause * 2, kPauseMax)) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(pause);
    }
    return true;
}

}  // namespace skein::test
