// States: where states at any point come from. The log's fold is the truth (LogStates); views and
// snapshots give the same faster.
//
// A *stream state* is the fold of one stream's events. A *document* is what a person reads: for
// most kinds the stream state, for a swarm also the list of its runs, so it is a fold of its whole
// scope and is addressed by shard position.
// Threads: all methods from any thread. Errors: Fault kCorruption where stored bytes do not decode.
// Source: design section 7 (state_at), V-26.
#pragma once

#include <memory>
#include <optional>

#include "engine/domain/state.h"

namespace skein::replay {

class States : public domain::Past {
 public:
    // The newest state this source has; version 0 where the stream does not exist. Never null. It
    // may be behind the log: its mark says where it stands.
    virtual std::shared_ptr<const domain::State> latest(const Stream& stream) const = 0;

    // at(stream, version) comes from Past.

    // The document of a stream with every event of its basis up to `position` (of its shard)
    // folded.
    virtual std::shared_ptr<const domain::State> document_at(const Stream& stream,
                                                             Position position) const = 0;
    // The newest document this source has.
    virtual std::shared_ptr<const domain::State> document_latest(const Stream& stream) const = 0;
};

}  // namespace skein::replay
