// The registry of key kinds of the embedded log, and how keys are laid out. A number is never
// reused.
//
//   kMeta     | name                           -> bytes (see store_meta.h)
//
//   kHead     | shard u32 BE                   -> varint position, hash 32, varint epoch
//
//   kEvent    | shard u32 BE | position u64 BE -> hash 32, envelope
//
//   kStream   | stream | 0x00 | version u64 BE -> varint position
//
//   kReceipt  | scope | 0x00 | command id 16   -> content hash 32, varint first, varint count
//
//   kSnapshot | stream | 0x00 | version u64 BE -> bytes
//
//   kIntake   | shard u32 BE                   -> varint next, varint told
//
// Example: version 2 of swarm/s1 at position 300 is
//   04 "swarm/s1" 00 0000000000000002 -> AC 02
// Names hold no 0x00, so rows of one stream stand together and no name runs into another; the
// stream index is in the order of names.
// Threads: pure. Errors: decoders return nullopt on bytes that are not of their form.
// Source: design section 3 (embedded log), style rule 11.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/log/event_log.h"

namespace skein::log {

enum class KeyKind : std::uint8_t {
    kMeta = 1,
    kHead = 2,
    kEvent = 3,
    kStream = 4,
    kReceipt = 5,
    kSnapshot = 6,
    kIntake = 7,
};

inline constexpr std::uint64_t kFormatVersion = 1;
inline constexpr std::size_t kHashBytes = 32;
inline constexpr std::size_t kEventKeyBytes = 13;

std::string meta_key(std::string_view name);
std::string head_key(Shard shard);
std::string intake_key(Shard shard);
std::string event_key(Shard shard, Position position);
std::string receipt_key(const Scope& scope, const Uuid& command_id);
// For kStream and kSnapshot.
std::string versioned_key(KeyKind kind, const Stream& stream, Version version);
// All keys of the kind that begin with `name`; `end` of the same.
std::string prefix_key(KeyKind kind, std::string_view name);
// The first key behind all that begin with `prefix`, which must not be all 0xFF.
std::string end_of_prefix(std::string prefix);

std::optional<Position> position_of_event_key(std::string_view key);
struct StreamVersion {
    std::string_view stream;  // a view into the key
    Version version;
};
std::optional<StreamVersion> parse_versioned_key(std::string_view key);
struct ScopeCommand {
    std::string_view scope;  // a view into the key
    Uuid command_id;
};
std::optional<ScopeCommand> parse_receipt_key(std::string_view key);

std::string head_value(const Head& head);
std::optional<Head> parse_head(std::string_view value);
std::string intake_value(const IntakePoint& point);
std::optional<IntakePoint> parse_intake(std::string_view value);
std::string receipt_value(const Receipt& receipt);
std::optional<Receipt> parse_receipt(std::string_view value);
std::string position_value(Position position);
std::optional<Position> parse_position(std::string_view value);

}  // namespace skein::log
