// The merge base: the state that two runs have in common, as in git.
//
// After a merge between the two, in either direction: the state of the run merged in, at the
// version merged; of several merges the last. Before the first: the nearest common point of their
// lines. A run's line is itself at its head, then the point that it was forked from or inherited
// from, and so on; where both lines hold one run, the earlier of the two versions is common.
//
// A child holds only what it inherited, and what it never had it cannot have deleted. Where a line
// passes from a child to its parent, MergeSide::began therefore keeps the states that say what the
// side had: the starts of the runs up to that link, and the side at the last merge of the
// two, as it was merged in or just after it took the other.
// Threads: pure. Errors: Rejection. Source: interfaces section 9 (Merge), V-08, V-18.
#pragma once

#include <memory>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/run/run_state.h"
#include "engine/domain/run/updates.h"

namespace skein::domain::run {

// One of the two runs, and how far it is merged.
struct MergeSide {
    std::shared_ptr<const RunState> state;
    RunPoint point;
    std::vector<std::shared_ptr<const RunState>> began;  // empty: absent means deleted

    Stream stream() const { return state->stream(); }
    const Entry* find(const Slot& slot) const { return state->area(slot.area).find(slot.key); }
    // Whether the side cannot be said to have deleted `slot`, since it never held it.
    bool never_had(const Slot& slot) const;
};

// The states that a merge compares.
struct MergeSides {
    MergeSide base;
    MergeSide source;
    MergeSide target;
};

// A run as the scene has it now; version 0 where it does not exist.
std::shared_ptr<const RunState> current_run(const Scene& scene, const Stream& stream);
// A run as it was.
std::shared_ptr<const RunState> run_at(const Past& past, const Stream& stream, Version version);

// The addressed run as the target, another run of its swarm as the source, each at its head.
// Precondition: both exist and differ. Rejected where they have no common point.
Result<MergeSides, Rejection> find_merge_sides(const Scene& scene,
                                               std::shared_ptr<const RunState> source);

}  // namespace skein::domain::run
