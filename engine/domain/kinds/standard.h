// The kinds that ship with skein: one line each.
//
// Threads: pure.
#pragma once

#include "engine/domain/kind.h"

namespace skein::domain {

Registry standard_registry();

}  // namespace skein::domain
