#include "engine/log/rocksdb/key_kinds.h"

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace skein::log {

namespace {

constexpr std::size_t kVersionTailBytes = 9;   // 0x00 and the version
constexpr std::size_t kCommandTailBytes = 17;  // 0x00 and the command id

std::string kind_key(KeyKind kind) { return std::string(1, static_cast<char>(kind)); }

}  // namespace

std::string prefix_key(KeyKind kind, std::string_view name) {
    std::string key = kind_key(kind);
    key.append(name);
    return key;
}

std::string meta_key(std::string_view name) { return prefix_key(KeyKind::kMeta, name); }

std::string head_key(Shard shard) {
    std::string key = kind_key(KeyKind::kHead);
    put_u32_be(key, static_cast<std::uint32_t>(shard.value()));
    return key;
}

std::string intake_key(Shard shard) {
    std::string key = kind_key(KeyKind::kIntake);
    put_u32_be(key, static_cast<std::uint32_t>(shard.value()));
    return key;
}

std::string event_key(Shard shard, Position position) {
    std::string key = kind_key(KeyKind::kEvent);
    put_u32_be(key, static_cast<std::uint32_t>(shard.value()));
    put_u64_be(key, position.value());
    return key;
}

std::string receipt_key(const Scope& scope, const Uuid& command_id) {
    std::string key = prefix_key(KeyKind::kReceipt, scope.str());
    key.push_back('\0');
    key.append(command_id.view());
    return key;
}

std::string versioned_key(KeyKind kind, const Stream& stream, Version version) {
    std::string key = prefix_key(kind, stream.str());
    key.push_back('\0');
    put_u64_be(key, version.value());
    return key;
}

std::string end_of_prefix(std::string prefix) {
    while (!prefix.empty() && static_cast<std::uint8_t>(prefix.back()) == 0xFF) prefix.pop_back();
    SKEIN_CHECK(!prefix.empty(), "a prefix of 0xFF alone has no end");
    prefix.back() = static_cast<char>(static_cast<std::uint8_t>(prefix.back()) + 1);
    return prefix;
}

std::optional<Position> position_of_event_key(std::string_view key) {
    ByteReader reader(key);
    reader.u8();
    reader.u32_be();
    const Position position(reader.u64_be());
    if (!reader.done()) return std::nullopt;
    return position;
}

std::optional<StreamVersion> parse_versioned_key(std::string_view key) {
    if (key.size() <= 1 + kVersionTailBytes) return std::nullopt;
    const std::string_view tail = key.substr(key.size() - kVersionTailBytes);
    if (tail[0] != '\0') return std::nullopt;
    ByteReader reader(tail.substr(1));
    const Version version(reader.u64_be());
    return StreamVersion{key.substr(1, key.size() - 1 - kVersionTailBytes), version};
}

std::optional<ScopeCommand> parse_receipt_key(std::string_view key) {
    if (key.size() < 1 + kCommandTailBytes) return std::nullopt;
    const std::string_view tail = key.substr(key.size() - kCommandTailBytes);
    const auto command_id = Uuid::from_bytes(tail.substr(1));
    if (tail[0] != '\0' || !command_id) return std::nullopt;
    return ScopeCommand{key.substr(1, key.size() - 1 - kCommandTailBytes), *command_id};
}

std::string head_value(const Head& head) {
    std::string value;
    put_varint(value, head.position.value());
    value.append(head.hash.view());
    put_varint(value, head.epoch.value());
    return value;
}

std::optional<Head> parse_head(std::string_view value) {
    ByteReader reader(value);
    Head head;
    head.position = Position(reader.varint());
    const std::string_view hash = reader.raw(kHashBytes);
    head.epoch = Epoch(reader.varint());
    if (!reader.done()) return std::nullopt;
    head.hash = hash_from_bytes(hash);
    return head;
}

std::string intake_value(const IntakePoint& point) {
    std::string value;
    put_varint(value, point.next);
    put_varint(value, point.told);
    put_varint(value, point.mark);
    return value;
}

std::optional<IntakePoint> parse_intake(std::string_view value) {
    ByteReader reader(value);
    IntakePoint point;
    point.next = reader.varint();
    point.told = reader.varint();
    if (!reader.done()) point.mark = reader.varint();  // rows of before have none
    if (!reader.done()) return std::nullopt;
    return point;
}

std::string receipt_value(const Receipt& receipt) {
    std::string value(receipt.content_hash.view());
    put_varint(value, receipt.first.value());
    put_varint(value, receipt.event_count);
    return value;
}

std::optional<Receipt> parse_receipt(std::string_view value) {
    ByteReader reader(value);
    const std::string_view hash = reader.raw(kHashBytes);
    const Position first(reader.varint());
    const std::uint64_t count = reader.varint();
    if (!reader.done() || count > UINT32_MAX) return std::nullopt;
    return Receipt{hash_from_bytes(hash), first, static_cast<std::uint32_t>(count)};
}

std::string position_value(Position position) {
    std::string value;
    put_varint(value, position.value());
    return value;
}

std::optional<Position> parse_position(std::string_view value) {
    ByteReader reader(value);
    const Position position(reader.varint());
    if (!reader.done()) return std::nullopt;
    return position;
}

}  // namespace skein::log
