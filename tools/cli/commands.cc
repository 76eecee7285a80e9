#include "tools/cli/commands.h"

namespace skein::cli {

const std::vector<CommandEntry>& commands() {
    static const std::vector<CommandEntry> kCommands{
        {add_send}, {add_import}, {add_show}, {add_log}, {add_explain},
    };
    return kCommands;
}

}  // namespace skein::cli
