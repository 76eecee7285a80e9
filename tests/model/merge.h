// The model's rules of merging two runs, key by key (interfaces sections 3 and 9).
//
// Threads: pure. Errors: Refused, where a rule forbids it. Source: V-30.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/model/states.h"

namespace skein::model {

// One side of a merge. A side that never held a key cannot have deleted it: `held` are the states
// that say what it held; none: all that the base has.
struct Side {
    const Run* run = nullptr;
    std::vector<const Run*> held;
};

struct MergeOf {
    const Run* base = nullptr;
    Side source;
    Side target;
    std::uint64_t source_version = 0;
    std::optional<std::set<Slot>> only;  // none: all keys
    Json choice;                         // strategy, mapping, resolutions
};

// How often each strategy decided a key that conflicted.
using Decided = std::map<std::string, std::uint64_t>;

// Merges into `result`, which begins as the target. Throws Refused.
void merge(const MergeOf& request, const Stamp& stamp, Run& result, Decided& decided);
// Rules of shape: a mapping beside another strategy, or with one that decides no single key.
void check_choice(const Json& choice);
// What both a value of a merge and of a resolution do to metadata where neither side had the value.
void put_combined(Run& run, const Slot& slot, const Entry* source, const std::string& value,
                  const Stamp& stamp);
void put_taken(Run& run, const Slot& slot, const Entry& from, const Stamp& stamp);
Json deep_merge(const Json& under, const Json& over);

}  // namespace skein::model
