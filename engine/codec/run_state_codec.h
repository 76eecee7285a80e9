// The state of a run in slices (slice_format.h), for keyframes, caches and snapshots.
//
//   header     = 01 stream:string status:u8 detail:json parent:point? forked:point? routine:json
//                permissions:json limits:json error:json usage first_position:varint
//                started_at:signed updated_at:signed running:varint step:string*
//                a `?` is 0:u8 or 1:u8 and the thing
//   usage      = mask:u8 f64le*   bits 0 credits 1 duration_ms 2 tool_calls 3 memory_mb 4 branches
//   entry      = 02 area:u8 key:string version:varint position:varint sensitivity:u8 source:u8
//                mutability:u8 actor:string digest:16 bytes value
//   more       = 03 area:u8 key:string pieces      the value of that entry goes on
//   step       = 04 id:string status:u8 type:string started:varint? ended:varint? last:varint
//                detail:value
//   export     = 05 key:string destination:u8 transformation:string?
//   tag        = 06 name:string version:varint
//   checkpoint = 07 name:string version:varint description:string retention:string
//   conflict   = 08 version:varint n:varint area:u8 key:string base:value? source:value?
//                target:value? from:string from_version:varint
//   merged     = 09 run:string version:varint position:varint
//   placed     = 0a id:string status:u8 type:string started:varint? ended:varint? last:varint
//                started_at:varint last_at:varint detail:value      a step with its positions
//   removed    = 0b area:u8 key:string position:varint      of a key that was taken out there
//   end        = ff mark
//
// Example: the tag `a` at version 8 is the record 06 01 61 08.
// Threads: as State. Errors: CodecError; a slice that fails leaves the state half loaded: drop it.
// Source: V-20, V-26, design section 6 (history view).
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/codec/codec.h"

namespace skein::codec {

inline constexpr std::uint16_t kRunStateVersion = 1;

std::unique_ptr<StateSlicer> slice_run(std::shared_ptr<const domain::State> state,
                                       ChunkSink* chunks);
std::optional<CodecError> load_run(domain::State& state, std::string_view slice,
                                   const ChunkSource* chunks);

}  // namespace skein::codec
