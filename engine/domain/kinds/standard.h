// The kinds that ship with skein: one line each.
//
// Threads: pure.
#pragma once

#include "engine/domain/kind.h"

namespace skein::domain {

std::vector<Kind> standard_kinds();
// The registry of those alone.
Registry standard_registry();

}  // namespace skein::domain
