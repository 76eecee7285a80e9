// The evidence held against the log, the topic and the views once everything is whole again.
//
// Threads: one. Errors: Fault, std::runtime_error where something cannot be read at all.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/torture/cluster.h"
#include "tests/torture/history.h"

namespace skein::torture {

// What must never be, and how often it was. Of each the first and the last example.
struct Violations {
    struct Kind {
        std::uint64_t count = 0;
        std::string first;
        std::string last;
    };
    std::map<std::string, Kind> kinds;

    void add(const std::string& kind, const std::string& example);
    bool empty() const { return kinds.empty(); }
};

struct Evidence {
    Violations violations;
    std::uint64_t events = 0;
    std::uint64_t records = 0;    // in the topic of events
    std::uint64_t sightings = 0;  // that could be held against the log
    std::uint64_t views = 0;      // documents of nodes that were held against a fold
};

// The kinds: lost, duplicated, phantom (nobody sent it), refused yet stored, reordered, misplaced
// (another version than the answer said), broken chain, skipped (positions of log or topic), other
// bytes (in the topic), went back (a read), wrong value (a read), another view.
Evidence examine(Cluster& cluster, const History& history);

}  // namespace skein::torture
