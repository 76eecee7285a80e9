#include "engine/domain/kinds/standard.h"

#include "engine/domain/run/run_kind.h"
#include "engine/domain/swarm/swarm_kind.h"

namespace skein::domain {

Registry standard_registry() {
    std::vector<Kind> kinds;
    kinds.push_back(swarm::swarm_kind());
    kinds.push_back(run::run_kind());
    return Registry(std::move(kinds));
}

}  // namespace skein::domain
