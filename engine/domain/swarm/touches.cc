// What the events of a swarm do to an item of its board, for blame (interfaces section 8).
#include <fmt/format.h>

#include <algorithm>

#include "engine/domain/swarm/swarm_events.h"

namespace skein::domain::swarm {

std::optional<Touch> BlackboardUpdated::touch(const State& before, const PlacedKey& place) const {
    Touch touch;
    touch.how = "delete";
    if (std::find(deletes.begin(), deletes.end(), place.key) != deletes.end()) return touch;
    for (const BoardSet& item : sets) {
        if (item.id != place.key) continue;
        touch.how = "set";
        if (from_run.empty()) return touch;
        touch.how = "export";
        touch.effect = Touch::Effect::kComesFrom;
        touch.from = Stream(fmt::format("{}/run/{}", before.stream().str(), from_run));
        touch.from_key = {"", place.key};
        if (const auto* ref = std::get_if<ValueRef>(&item.value)) {
            touch.from_version = ref->version;
            touch.from_key.area = ref->area;
        }
        return touch;
    }
    return std::nullopt;
}

}  // namespace skein::domain::swarm
