// What a command says about how to merge: strategy, mapping, resolutions.
//
// Threads: value types. Errors: problems go to Fields. Source: interfaces sections 2 and 9, V-30.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/domain/fields.h"
#include "engine/domain/run/run_events.h"

namespace skein::domain::run {

// "source", "target" or {"value":...}: `value` counts for kValue alone.
struct ResolutionChoice {
    Resolution resolution = Resolution::kSource;
    json::Value value;
};

struct MergeChoice {
    Strategy strategy = Strategy::kChildWins;
    std::map<std::string, Strategy> mapping;              // of explicit_mapping alone
    std::map<std::string, ResolutionChoice> resolutions;  // by variable
};

std::string_view to_string(Resolution resolution);
std::string_view to_string(MergeResult result);  // "taken", "deleted", ...

// Reads `strategy`, `mapping` and `resolutions`. Meaningful where data.ok() afterwards.
MergeChoice read_merge_choice(Fields& data);
// Reads member `name` as one resolution; required.
ResolutionChoice read_resolution(Fields& data, std::string_view name);

}  // namespace skein::domain::run
