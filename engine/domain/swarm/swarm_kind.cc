#include "engine/domain/swarm/swarm_kind.h"

#include "engine/domain/swarm/codes.h"
#include "engine/domain/swarm/commands.h"
#include "engine/domain/swarm/swarm_events.h"

namespace skein::domain::swarm {

const std::vector<const RejectionCode*>& swarm_codes() {
    static const std::vector<const RejectionCode*> all{
        &codes::kSwarmNotFound,  &codes::kSwarmArchived, &codes::kAgentAlreadyJoined,
        &codes::kAgentNotJoined, &codes::kSetAndDeleted,
    };
    return all;
}

Kind swarm_kind() {
    Kind kind;
    kind.name = "swarm";
    kind.segments = {"swarm"};
    kind.basis = DocumentBasis::kScope;
    kind.document_schema = "skein.swarm/1";
    kind.make_state = [](const Stream& stream) -> std::shared_ptr<State> {
        return std::make_shared<SwarmState>(stream);
    };
    kind.commands = {create_swarm_command(), update_swarm_command(),      join_swarm_command(),
                     leave_swarm_command(),  update_blackboard_command(), archive_swarm_command()};
    kind.events = swarm_event_types();
    kind.codes = swarm_codes();
    kind.list_members = {"status", "goal", "runs", "updated_at"};
    return kind;
}

}  // namespace skein::domain::swarm
