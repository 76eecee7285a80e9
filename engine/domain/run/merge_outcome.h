// How the decided outcome of a merge changes a run, and how the events that carry one print it.
//
// Nothing is decided here: the event says what each key became. From the past comes only what the
// event leaves out: large values, and the metadata that travels with a value.
// Threads: pure. Errors: Fault kCorruption where the past does not hold what the event refers to.
// Source: interfaces section 9 (Merge), V-30, V-35, V-38.
#pragma once

#include "engine/domain/run/run_events.h"
#include "engine/domain/run/run_state.h"
#include "engine/domain/run/updates.h"

namespace skein::domain::run {

// What evolve functions of merges are given.
struct Turn {
    const EventMeta& meta;
    const Past& past;
};

// The keys become what `facts` say, new conflicts open (each replaces an older one of its key), and
// the source counts as merged.
void apply_merge(RunState& run, const MergeFacts& facts, const Turn& turn);

// `value` as another run had it in `from`: its metadata travels with it.
void take_entry(RunState& run, const Slot& slot, const Entry& from, json::Value value,
                const EventMeta& meta);
// A value that neither side had. Metadata stays the target's, of a new key the source's, but for
// the sensitivity, which is the stricter of the two, and the actor, who is the event's.
void combine_entry(RunState& run, const Slot& slot, const Entry* source, json::Value value,
                   const EventMeta& meta);

// The past, with `run` itself at its present version in it.
class PastWith final : public Past {
 public:
    PastWith(const Past& past, const RunState& run) : past_(past), run_(run) {}
    std::shared_ptr<const State> at(const Stream& stream, Version version) const override;

 private:
    const Past& past_;
    const RunState& run_;
};

json::Value merge_facts_data(const MergeFacts& facts);

}  // namespace skein::domain::run
