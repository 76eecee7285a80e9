// Sequences: commands that keep their order across a rejection, those of a topic's partition among
// them.
//
// Threads: as each field says. Source: design section 4 (commands from a topic), interfaces section 4.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "engine/base/ids.h"

namespace skein::runtime {

// Commands that must not overtake a rejection: once one of them is finally rejected, the ones
// behind it are not tried (their outcome is unknown, with a detail that says so). Shared by its
// commands.
struct Sequence {
    bool is_stopped = false;  // owned by the thread that runs a round
};

// A partition of the commands topic, as one owner of its shard takes it under one epoch. The stop
// of its sequence is final: what is sent again comes under a new term.
struct IntakeTerm {
    explicit IntakeTerm(Epoch of_epoch, std::uint64_t told_offset)
        : epoch(of_epoch), told(told_offset) {}

    const Epoch epoch;
    std::atomic<std::uint64_t> told;  // as in log::IntakePoint; moved on by who takes
    Sequence sequence;
};
struct IntakePlace {
    std::shared_ptr<IntakeTerm> term;
    std::uint64_t offset = 0;
    std::uint64_t mark = 0;  // of its record, as in log::IntakePoint
};

}  // namespace skein::runtime
