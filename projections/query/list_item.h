// One line of a list: what the contract shows of a document among others of its kind. It is made of
// what the head row keeps, so a list costs the same however large the states are.
//
// Threads: pure. Errors: none. Source: interfaces section 8 (lists by kind).
#pragma once

#include "engine/json/value.h"
#include "projections/query/views.h"

namespace skein::projections {

// `members` is the object of what the kind lists.
ListItem list_item(const Stream& stream, Version version, const json::Value& members);

}  // namespace skein::projections
