// The names and numbers that every layer speaks of: shards, positions, versions, streams, ids.
//
// A stream is the whole name of one aggregate: `swarm/s1`, `swarm/s1/run/r1`, `note/n1`. Its scope
// is its first two segments: what is ordered and atomic together. shard = xxh3_64(scope) mod N.
// Threads: value types. Errors: parse functions return nullopt. Source: interfaces section 1.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/strong.h"

namespace skein {

using Shard = StrongNumber<struct ShardTag>;        // 0 .. N-1
using Position = StrongNumber<struct PositionTag>;  // event number in its shard, from 1; 0 = none
using Version = StrongNumber<struct VersionTag>;    // event number in its stream, from 1; 0 = none
using Epoch = StrongNumber<struct EpochTag>;        // ownership term of a shard's writer

using Stream = StrongText<struct StreamTag>;  // `swarm/s1/run/r1`
using Scope = StrongText<struct ScopeTag>;    // `swarm/s1`

// 1 to 128 characters of A-Z a-z 0-9 . _ : ~ -, not ".", without "..".
bool is_id(std::string_view text);
// 1 to 512 bytes of UTF-8 without NUL: keys of variables, intermediate results and board items.
bool is_key(std::string_view text);

// The scope of a stream: its first two segments, or the whole name where it has fewer.
Scope scope_of(const Stream& stream);
Shard shard_of(const Scope& scope, std::uint32_t shard_count);

// 16 bytes, printed in lower case 8-4-4-4-12.
class Uuid {
 public:
    Uuid() = default;
    explicit Uuid(std::array<std::uint8_t, 16> bytes) : bytes_(bytes) {}
    static std::optional<Uuid> parse(std::string_view text);  // any letter case
    static std::optional<Uuid> from_bytes(std::string_view bytes);

    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
    std::string_view view() const {
        return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
    }
    bool is_nil() const;
    std::string str() const;
    auto operator<=>(const Uuid&) const = default;

 private:
    std::array<std::uint8_t, 16> bytes_{};
};

// Event ids are UUIDv7 whose random part says where the event stands, so that an id alone finds it:
// 48 bits milliseconds, 12 bits of the store, 14 bits shard, 48 bits position.
struct EventPlace {
    Shard shard;
    Position position;
};
Uuid make_event_id(std::int64_t unix_ms, std::uint16_t store_bits, Shard shard, Position position);
std::optional<EventPlace> place_of(const Uuid& event_id);

}  // namespace skein

template <>
struct std::hash<skein::Uuid> {
    std::size_t operator()(const skein::Uuid& id) const {
        return std::hash<std::string_view>{}(id.view());
    }
};
