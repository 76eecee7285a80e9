// What an append is given and what it answers: batches of commands with their events, receipts,
// verdicts.
//
// Threads: value types. Errors: none. Source: design section 3 (port).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/fault.h"
#include "engine/base/hash.h"
#include "engine/base/ids.h"

namespace skein::log {

// The end of a shard: position 0 and h(0) before the first event.
struct Head {
    Position position;
    Hash hash;
    Epoch epoch;
};

// A command in a batch: its receipt, and how many of the batch's events are its own, in order.
struct BatchCommand {
    Uuid command_id;
    Scope scope;
    Hash content_hash;
    std::uint32_t event_count = 0;
};
struct BatchEvent {
    Stream stream;
    Version version;
    Hash hash;          // h of its position
    std::string bytes;  // envelope with the position it will have
};
// How far the shard's partition of the commands topic is taken, in offsets: every command before
// `next` has its append, or its refusal was told; every answer before `told` was told.
struct IntakePoint {
    std::uint64_t next = 0;
    std::uint64_t told = 0;  // <= next
    // Of the record before `next`, so that a partition that was made anew is told from this one;
    // 0: not known. At most INT64_MAX.
    std::uint64_t mark = 0;
};
// The events of commands stand behind one another, as positions expected_head + 1, + 2, ...
struct Batch {
    Shard shard;
    Epoch epoch;
    Position expected_head;
    std::vector<BatchCommand> commands;
    std::vector<BatchEvent> events;
    std::optional<IntakePoint> intake = std::nullopt;  // kept if the batch is appended
};

// What is kept of an accepted command.
struct Receipt {
    Hash content_hash;
    Position first;  // of its events
    std::uint32_t event_count = 0;
};

enum class Verdict {
    kAppended,
    kNotTried,   // nothing was written because of another command or the shard
    kDuplicate,  // `receipt` is what stands (empty: it stands twice in this batch): nothing was
                 // written
    kConflict,   // a version of a stream is not the next one: nothing was written
};
enum class BatchOutcome {
    kAppended,
    kRefused,    // see the commands' verdicts
    kStaleHead,  // the shard's head is not expected_head: nothing was written
    kFenced,     // the epoch is not ours any more: nothing was written
    kInDoubt,    // the write or its sync failed: written or not; reopen, then send the same again
};
struct CommandVerdict {
    Verdict verdict = Verdict::kNotTried;
    std::optional<Receipt> receipt;  // also of kAppended
    Version expected;                // of a conflict: the stream's head that the batch rests on
    Version actual;                  // of a conflict: the stream's head
};
struct AppendResult {
    BatchOutcome outcome = BatchOutcome::kRefused;
    std::vector<CommandVerdict> commands;  // one a command, in order
    Head head;                             // after an append; the actual one when stale
    std::string detail;                    // of kInDoubt and kFenced
    const FaultCode* cause = nullptr;      // of kInDoubt: what failed
    // Of kInDoubt: nothing of this was written, since the log took no writes when it came.
    bool is_unwritten = false;
};

}  // namespace skein::log
