// Dead letters: records of the commands topic that were no commands, listed and sent again.
//
// An id is `partition/offset` in the dead-letter topic of --kafka.
// Threads: one. Errors: exit codes; Fault of the cluster. Source: interfaces section 7.
#pragma once

#include <string>
#include <vector>

#include "tools/cli/cli.h"

namespace skein::cli {

// The newest ones of each partition, at most `limit` in all, oldest first.
int list_letters(Cli& cli, std::size_t limit);
// All of them where `ids` is empty.
int resend_letters(Cli& cli, const std::vector<std::string>& ids);

}  // namespace skein::cli
