// The registry of key kinds of the views: what a row is. A number is never reused.
//
//   row of a scope  = shard u32 BE | scope | 0x00 | kind u8 | rest
//   reserved row    = 0xFFFFFFFF   | kind u8 | rest
// So one scope is one contiguous range, and within it the rows of one kind are. Ids and streams
// hold no NUL; the suffix of a stream is what follows its scope: `/run/r1` of `swarm/s1/run/r1`, or
// empty. The rows of a keyframe stand among the deltas of their document, under the number of
// these, each behind the delta of its ordinal: so what one read takes lies together. A history
// stands newest first (its ordinals as their complements): a read seeks its point and goes on from
// there to the keyframe, where to look for what stands before a point would cost a second block.
// All numbers are big-endian, so that byte order is number order. Example: the head of
// swarm/s1/run/r1 in shard 3 is 00000003 "swarm/s1" 00 01 "/run/r1".
// Threads: constants. Errors: none. Source: design section 6.
#pragma once

#include <cstdint>

namespace skein::projections::store {

enum class KeyKind : std::uint8_t {
    kHead = 1,  // suffix                               -> HeadRow
    // 2 was deltas, oldest first.
    kKeyframe = 3,    // suffix | 00 | ~ordinal u64 | row u32 -> KeyframeRow; stands as kDelta
    kChunk = 4,       // BLAKE2b-128 of the bytes             -> the bytes
    kTimeline = 5,    // position u64                         -> TimelineRow
    kParked = 6,      // reserved: stream                     -> ParkedRow
    kIndex = 7,       // reserved: kind name | 00 | stream    -> nothing
    kCheckpoint = 8,  // reserved: shard u32                  -> CheckpointRow
    kVersion = 9,     // suffix | 00 | version u64            -> position u64, of scope documents
    kDelta = 10,      // suffix | 00 | ~ordinal u64           -> DeltaRow
};

inline constexpr std::uint32_t kReservedShard = 0xFFFFFFFF;

}  // namespace skein::projections::store
