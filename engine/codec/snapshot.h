// A snapshot: one state as a file of its own, for recovery points and for `replay --from snapshot`.
//
// schemas/snapshot.fbs: stream, mark, kind, state version, digest, zstd-compressed slices. Loading
// checks the digest, so a damaged or outdated snapshot is an error, never a wrong state.
// Threads: pure. Errors: CodecError. Source: V-20, V-94, O-11.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/codec/codec.h"

namespace skein::codec {

std::string encode_snapshot(std::shared_ptr<const domain::State> state, const Codec& codec);
Result<std::shared_ptr<domain::State>, CodecError> decode_snapshot(std::string_view bytes,
                                                                   const Codec& codec);

}  // namespace skein::codec
