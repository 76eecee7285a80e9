// One line of a list: what the contract shows of a document among others of its kind.
//
// Threads: pure. Errors: none. Source: interfaces section 8 (lists by kind).
#pragma once

#include "engine/domain/kind.h"
#include "projections/query/views.h"

namespace skein::projections {

ListItem list_item(const domain::Kind& kind, const domain::State& state);

}  // namespace skein::projections
