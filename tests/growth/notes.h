// A store that also knows notes, and its way of sending and reading.
//
// Threads: one. Errors: fails the test.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "engine/base/time.h"
#include "tests/contract/temp_directory.h"
#include "tools/library/store.h"

namespace skein::test {

// The standard kinds and notes.
Kinds kinds_with_notes();

// A second a reading, so that every event has a time of its own.
class TickingClock final : public Clock {
 public:
    Timestamp now() const override { return Timestamp{us_ += 1'000'000}; }
    Timestamp last() const { return Timestamp{us_}; }

 private:
    mutable std::atomic<std::int64_t> us_{1'700'000'000'000'000};
};

std::string write_note(std::string_view id, std::string_view text);
std::string fork_note(std::string_view id, std::string_view source, std::string_view at);

// "accepted", or the code of the rejection, or "unknown".
std::string said(const Outcome& outcome);

}  // namespace skein::test
