// The judgement of a batch before it is written, the same for every backend: whose shard it is,
// whether its commands are new, whether positions and versions follow densely.
//
// Invariants of an accepted batch: epoch == head.epoch, expected_head == head.position, the version
// of every event == the version before it in its stream + 1.
// Threads: pure; the caller holds whatever keeps the shard from moving meanwhile.
// Errors: a batch that contradicts itself (counts, shard, scope) is a bug: SKEIN_CHECK.
// Source: design section 3 (port); P2, P4, P5; V-39.
#pragma once

#include "engine/log/event_log.h"

namespace skein::log {

// What stands in the log, as far as a judgement needs it.
class Standing {
 public:
    virtual ~Standing() = default;
    virtual std::optional<Receipt> receipt_of(const BatchCommand& command) const = 0;
    virtual Version head_of(const Stream& stream) const = 0;
};

// kAppended where the batch may be written: then verdicts, receipts and head are those after the
// write. Order of the checks: fenced, duplicates, stale head, conflict. So a batch that is sent
// again after a lost answer hears of its own receipts first, whatever the head is by now.
AppendResult judge(const Batch& batch, const Head& head, const Standing& standing);

// The shard is one of this log's, and that of the batch's scopes. A bug where it is not:
// SKEIN_CHECK.
void check_shard(const Batch& batch, std::uint32_t shard_count);

// The answer to a batch whose write failed.
AppendResult in_doubt(const Batch& batch, const Fault& failure);

}  // namespace skein::log
