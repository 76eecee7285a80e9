// Updates: how commands change variables and intermediate results, shared by every command that
// does.
//
// check_ functions hold a list of changes against a state, in order, as apply will do it; what
// passed the check applies without fail. Metadata that a change leaves out keeps its value; a new
// key gets sensitivity internal, mutable, and the source given.
// Threads: pure. Errors: Rejection. Source: interfaces section 9 (Updates), V-03 to V-07.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/fields.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/run/run_state.h"

namespace skein::domain::run {

// A key and where it stands.
struct Slot {
    Area area = Area::kVariables;
    std::string_view key;
};

// Reads `updates` of UpdateContext and ForkRun; present but empty is refused.
std::vector<Update> read_updates(Fields& data, Presence presence);

// No frozen key is touched, appends find what they can append to, and results are within the
// limits.
std::optional<Rejection> check_updates(const RunState& run, const std::vector<Update>& updates,
                                       const Limits& limits);
// Precondition: check_updates found nothing against this state.
void apply_updates(RunState& run, const std::vector<Update>& updates, const EventMeta& meta);
json::Value updates_data(const std::vector<Update>& updates);

// Whether the key is frozen: updates, outputs, step outputs and merges that change it are refused.
bool is_frozen(const RunState& run, const Slot& slot);
// kKeyFrozen where it is.
std::optional<Rejection> check_not_frozen(const RunState& run, const Slot& slot);
// Sets a value as inputs, outputs and step outputs do. `new_key_source` counts for absent keys
// only.
void assign(RunState& run, const Slot& slot, json::Value value, const EventMeta& meta,
            Source new_key_source);
json::Value assignments_data(const std::vector<Assignment>& assignments);

// Puts a whole entry under a key and sets its value_digest: for merges, restores and inheritance.
void put_entry(RunState& run, const Slot& slot, Entry entry);

}  // namespace skein::domain::run
