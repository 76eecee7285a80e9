// The event codecs of a swarm: schemas/swarm.fbs to structs and back.
//
// Threads: pure. Errors: CodecError.
#pragma once

#include <vector>

#include "engine/codec/codec.h"

namespace skein::codec {

std::vector<EventCodec> swarm_event_codecs();

}  // namespace skein::codec
