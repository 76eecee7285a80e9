// The kind `swarm`: everything that a registry needs to know of it.
//
// Threads: pure. Source: interfaces section 2.
#pragma once

#include "engine/domain/kind.h"

namespace skein::domain::swarm {

Kind swarm_kind();

}  // namespace skein::domain::swarm
