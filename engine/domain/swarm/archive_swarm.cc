#include "engine/domain/swarm/commands.h"
#include "engine/domain/swarm/guards.h"
#include "engine/domain/swarm/swarm_events.h"

namespace skein::domain::swarm {

namespace {

struct ArchiveSwarm final : CommandBody {
    Result<NewEvents, Rejection> decide(const Scene& scene) const override {
        if (auto no = check_open_swarm(scene)) return fail(*std::move(no));
        return one_event(scene, std::make_shared<SwarmArchived>());
    }
};

Result<std::shared_ptr<const CommandBody>, Rejection> parse(Fields& data) {
    if (auto no = data.finish()) return fail(*std::move(no));
    return std::make_shared<ArchiveSwarm>();
}

}  // namespace

CommandSpec archive_swarm_command() {
    return {"ArchiveSwarm", "swarm", "Archives a swarm: from then on it is only read.", parse};
}

}  // namespace skein::domain::swarm
