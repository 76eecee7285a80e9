// CommandRoute: how commands reach the node that owns their shard. The way itself is the program's.
//
// Threads: one at a time. Errors: Fault kUnavailable where no answer came: what was sent may have
// been taken or not, and is sent again under its command ids.
// Source: design section 4 (ownership); interfaces section 4.
#pragma once

#include <string>
#include <vector>

#include "engine/json/value.h"
#include "engine/runtime/outcome.h"

namespace skein {

enum class AtRejection {
    kGoOn,
    kStop,  // what stands behind it is not tried
};

class CommandRoute {
 public:
    virtual ~CommandRoute() = default;
    // `commands` have ids. One outcome each, in order.
    virtual std::vector<runtime::Outcome> send(const std::string& address,
                                               const std::vector<json::Value>& commands,
                                               AtRejection at_rejection) = 0;
};

}  // namespace skein
