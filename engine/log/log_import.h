// LogImport: a log in the making, out of what another one holds: its identity and its batches.
//
// All or nothing: before finish() has returned, nobody can open what was given as a log, and a
// crash leaves none; what it may leave behind is in the way of no later import. Epochs, leases and
// snapshots are the place's own and do not come along.
// Threads: one owner. Errors: Fault. kConfig: the place holds a log that is not empty, or is in use,
// or takes no such log; kUnavailable: disk or server.
// Source: design section 3 (port); interfaces section 4 (bundles).
#pragma once

#include "engine/log/event_log.h"

namespace skein::log {

class LogImport {
 public:
    virtual ~LogImport() = default;

    // What batches carry, whatever their shard.
    virtual Epoch epoch() const = 0;
    // As EventLog::append of one batch, by the same judgement; durable with finish() alone.
    virtual AppendResult append(Batch batch) = 0;
    // Everything that was given is the log now, durable. Called once, and nothing after it.
    virtual void finish() = 0;
};

}  // namespace skein::log
