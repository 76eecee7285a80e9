// What the rows say of an event and of a state, apart from where keyframes stand: the same for who
// writes the rows and for who verifies them.
//
// Threads: pure. Errors: none. Source: design section 6.
#pragma once

#include <string>
#include <string_view>

#include "engine/domain/list_members.h"
#include "projections/core/view.h"
#include "projections/store/rows.h"

namespace skein::projections::history {

// Whose event a delta holds: its document's own, or one that a scope's document lists.
enum class Origin { kOwn, kObserved };

// The delta of `incoming` but for base, past_reads and digest. Its views are the incoming event's.
store::DeltaRow delta_of(const core::Incoming& incoming, Origin origin);

// What the head row keeps for lists; empty where it would be too long.
std::string listed_text(const domain::Kind& kind, const domain::State& state);

}  // namespace skein::projections::history
