// Conditions as they are typed after --where: whether the names in them can be meant.
//
// Threads: pure. Errors: none. Source: interfaces section 4 ("did you mean").
#pragma once

#include <string>

#include "engine/replay/where.h"

namespace skein::cli {

// The first name in a condition that is no member of any of its facts, as in
// `no field "stauts" (did you mean status?)`; empty: there is none. Only the first step of a path
// is a field: what stands below is named by users.
std::string unknown_name(const replay::Condition& condition, replay::Facts facts);

}  // namespace skein::cli
