// The state of a swarm in slices (slice_format.h), with its list of runs where it knows one.
//
//   header = 01 stream:string status:u8 goal:json config:json team:json tools:json
//            created_at:signed updated_at:signed
//   agent  = 02 id:string role:string config:json
//   item   = 03 id:string type:string tags:varint tag:string* expires_at:signed? actor:string
//            version:varint digest:16 bytes value      `?` is 0:u8 or 1:u8 and the thing
//   more   = 04 0:u8 id:string pieces                  the value of that item goes on
//   run    = 05 run:string status:string
//   end    = ff mark
//
// Example: the run `r1` that is running is the record 05 02 72 31 07 72 75 6e 6e 69 6e 67.
// Threads: as State. Errors: CodecError; a slice that fails leaves the state half loaded: drop it.
// Source: V-20, V-52, design section 6.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/codec/codec.h"

namespace skein::codec {

inline constexpr std::uint16_t kSwarmStateVersion = 1;

std::unique_ptr<StateSlicer> slice_swarm(std::shared_ptr<const domain::State> state,
                                         ChunkSink* chunks);
std::optional<CodecError> load_swarm(domain::State& state, std::string_view slice,
                                     const ChunkSource* chunks);

}  // namespace skein::codec
