#include "engine/log/event_log.h"

namespace skein::log {

std::vector<std::optional<Receipt>> EventLog::find_receipts(
    const std::vector<CommandName>& commands) const {
    std::vector<std::optional<Receipt>> found;
    found.reserve(commands.size());
    for (const CommandName& command : commands)
        found.push_back(find_receipt(command.scope, command.command_id));
    return found;
}

}  // namespace skein::log
