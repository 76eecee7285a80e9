// The contract's JSON of one event: `skein.event/1`, as `log --json`, HTTP and Kafka show it.
//
// Threads: pure. Errors: none. Source: interfaces section 8.
#pragma once

#include "engine/base/hash.h"
#include "engine/domain/event.h"

namespace skein::codec {

json::Value event_json(const domain::Event& event, const Hash& hash);

}  // namespace skein::codec
