// RunEvent: what every event of a run is, and what several of them hold.
//
// RunEvent adds to EventBody how the fact changes a RunState.
// Threads: immutable after construction. Errors: none. Source: interfaces section 2, V-170.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/domain/event.h"
#include "engine/domain/run/entry.h"
#include "engine/domain/run/run_state.h"

namespace skein::domain::run {

class RunEvent : public EventBody {
 public:
    // Pure. `meta` is this event's own; `past` gives other states of the scope.
    virtual void evolve(RunState& run, const EventMeta& meta, const Past& past) const = 0;
    // Whether nothing of the run changes but its variables and intermediate results.
    virtual bool changes_areas_alone() const { return false; }
};

// Declares what every event struct of a kind overrides.
#define SKEIN_RUN_EVENT(Name)                                \
    static const EventType kType;                            \
    const EventType& type() const override { return kType; } \
    json::Value data() const override;                       \
    void evolve(RunState& run, const EventMeta& meta, const Past& past) const override;

// Declared by the events that give keys their values: what blame follows.
#define SKEIN_TOUCHES_KEYS \
    std::optional<Touch> touch(const State& before, const PlacedKey& place) const override;

using Assignment = std::pair<std::string, json::Value>;  // key, value

enum class UpdateOp : std::uint8_t { kSet, kAppend, kDelete, kMerge };
std::string_view to_string(UpdateOp op);
std::optional<UpdateOp> parse_update_op(std::string_view text);

// One change of one key. `value` is null for delete.
struct Update {
    Area area = Area::kVariables;
    std::string key;
    UpdateOp op = UpdateOp::kSet;
    json::Value value;
    std::optional<Sensitivity> sensitivity;
    std::optional<Source> source;
    std::optional<Mutability> mutability;
};

}  // namespace skein::domain::run
