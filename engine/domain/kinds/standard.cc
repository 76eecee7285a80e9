#include "engine/domain/kinds/standard.h"

#include "engine/domain/run/run_kind.h"
#include "engine/domain/swarm/swarm_kind.h"

namespace skein::domain {

std::vector<Kind> standard_kinds() {
    std::vector<Kind> kinds;
    kinds.push_back(swarm::swarm_kind());
    kinds.push_back(run::run_kind());
    return kinds;
}

Registry standard_registry() { return Registry(standard_kinds()); }

}  // namespace skein::domain
