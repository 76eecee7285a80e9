// Resources, as people write them, to streams: `swarm/S`, `swarm/S/run/R`, `board/S`, `note/N`, and
// the short form `run/R` where it is unique in the store.
//
// Threads: pure over the log. Errors: Rejection no-such-stream (with near names), ambiguous-name
// (with the candidates), invalid-id.
// Source: interfaces section 1 (Names).
#pragma once

#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/domain/kind.h"
#include "engine/domain/rejection.h"
#include "engine/log/event_log.h"

namespace skein::replay {

// What of a stream's document a resource shows.
enum class Part { kWhole, kBoard };

struct Resource {
    Stream stream;
    Part part = Part::kWhole;
};

// The stream must exist in the log.
Result<Resource, domain::Rejection> find_resource(const log::EventLog& log,
                                                  const domain::Registry& registry,
                                                  std::string_view text);

}  // namespace skein::replay
