// The receipts of a log against its events: each command has one, and there is no other.
//
// A receipt that is gone, or says something else, would let a command that is sent again run twice.
// Its content hash stands nowhere else and is not checked.
// Threads: pure over the log. Errors: Fault where the log cannot be read.
// Source: P4, P9, interfaces section 8 (Verify).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/hash.h"
#include "engine/codec/codec.h"
#include "engine/log/event_log.h"
#include "engine/replay/verify.h"

namespace skein::replay {

// A sum over rows that does not ask for their order: so the rows that the events call for are
// compared with those that stand, without a look-up for each event.
class RowSum {
 public:
    void add(std::uint64_t seed, std::string_view row) {
        const Xxh128 hash = xxh3_128(row, seed);
        low_ += hash.low;
        high_ += hash.high;
    }
    friend bool operator==(const RowSum&, const RowSum&) = default;

 private:
    std::uint64_t low_ = 0;
    std::uint64_t high_ = 0;
};

inline std::uint64_t receipt_seed_of(const Scope& scope) { return xxh3_64(scope.str()); }

// Events of one shard in order, taken together as commands: those that stand behind one another
// under one id in one scope.
class CommandSum {
 public:
    explicit CommandSum(RowSum& sum) : sum_(&sum) {}
    void add(std::uint64_t seed, const Uuid& command_id, Position position) {
        if (receipt_.event_count > 0 && seed == seed_ && command_id == command_id_) {
            ++receipt_.event_count;
            return;
        }
        finish();
        seed_ = seed;
        command_id_ = command_id;
        receipt_ = {Hash(), position, 1};
    }
    // The last command goes to the sum.
    void finish();

 private:
    RowSum* sum_;
    std::uint64_t seed_ = 0;
    Uuid command_id_;
    log::Receipt receipt_;
};

// The receipts up to `heads` (indexed by shard).
RowSum sum_of_receipts(const log::EventLog& log, const std::vector<log::Head>& heads);
// Where the sums differ: notes which receipts are missing or edited, and which stand for no
// command.
void search_receipts(const log::EventLog& log, const codec::Codec& codec,
                     const std::vector<log::Head>& heads, LogReport& report);

}  // namespace skein::replay
