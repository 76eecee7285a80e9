#include "tools/cli/commands.h"

namespace skein::cli {

const std::vector<CommandEntry>& commands() {
    static const std::vector<CommandEntry> kCommands{
        {add_send},    {add_import},     {add_ls},         {add_show},      {add_log},
        {add_replay},  {add_diff},       {add_blame},      {add_bisect},    {add_fork},
        {add_merge},   {add_tag},        {add_checkpoint}, {add_restore},   {add_verify},
        {add_backup},  {add_views},      {add_parked},     {add_export},    {add_doctor},
        {add_migrate}, {add_serve},      {add_bench},      {add_explain},   {add_help},
        {add_version}, {add_completion}, {add_man},        {add_reference},
    };
    return kCommands;
}

}  // namespace skein::cli
