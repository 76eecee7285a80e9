// What producers asked for and what they were told, and what readers saw: the evidence that is held
// against the log afterwards.
//
// Threads: all methods from any thread. Errors: none.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"

namespace skein::torture {

enum class Fate {
    kUnknown,   // no answer that lasts: it may stand once, or not at all
    kAccepted,  // it stands once
    kRefused,   // it stands nowhere
};

// One command; sent again under its id until its fate is known.
struct Operation {
    Uuid command_id;
    std::string stream;
    std::uint64_t number = 0;  // of its producer, from 1, in the order of sending
    int producer = 0;
    Fate fate = Fate::kUnknown;
    Version version;     // as the answer said; 0 where it said none
    std::string answer;  // the last one
    unsigned tries = 0;
    Timestamp last_sent;        // when the last try began
    bool is_doubtful = false;   // a try before the last one had no answer
    bool is_duplicate = false;  // it was accepted, and stood already
};

// What a node said of a run.
struct Sighting {
    int node = 0;
    int life = 0;  // which of the node's lives
    std::string stream;
    Version version;
    std::uint64_t number = 0;  // the value of `seq`: the operation that the version comes from
    std::chrono::steady_clock::time_point asked;
    std::chrono::steady_clock::time_point answered;
};

class History {
 public:
    void add(Operation operation);
    void add(Sighting sighting);

    std::vector<Operation> operations() const;
    std::vector<Sighting> sightings() const;
    // Of those that were settled: how many in all, and how many were accepted.
    struct Counts {
        std::uint64_t operations = 0;
        std::uint64_t accepted = 0;
    };
    Counts counts() const;

 private:
    mutable std::mutex mutex_;
    std::vector<Operation> operations_;
    std::vector<Sighting> sightings_;
};

}  // namespace skein::torture
