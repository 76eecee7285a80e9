// A node's metrics in the text format of Prometheus: prefix `skein_`, base units, no ids in labels.
//
// Threads: pure over what the node says. Errors: none. Source: interfaces section 6; V-133.
#pragma once

#include <cstdint>
#include <string>

#include "tools/node/node.h"

namespace skein::node {

std::string metrics_text(Node& node, const std::string& version, std::uint64_t http_requests);

}  // namespace skein::node
