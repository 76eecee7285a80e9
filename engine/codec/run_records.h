// The tags of a run's records; run_state_codec.h has their grammar. A number is never reused.
//
// Threads: constants.
#pragma once

#include <cstdint>

#include "engine/codec/slice_format.h"

namespace skein::codec {

inline constexpr std::uint8_t kRunHeader = kHeaderTag;
inline constexpr std::uint8_t kRunEntry = 0x02;
inline constexpr std::uint8_t kRunMore = 0x03;
inline constexpr std::uint8_t kRunStep = 0x04;
inline constexpr std::uint8_t kRunExport = 0x05;
inline constexpr std::uint8_t kRunTag = 0x06;
inline constexpr std::uint8_t kRunCheckpoint = 0x07;
inline constexpr std::uint8_t kRunConflict = 0x08;
inline constexpr std::uint8_t kRunMergedFrom = 0x09;
inline constexpr std::uint8_t kRunPlacedStep = 0x0a;
inline constexpr std::uint8_t kRunRemoved = 0x0b;

}  // namespace skein::codec
