#include "tools/import/command_writer.h"

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/json/canonical.h"

namespace skein::import {
namespace {

constexpr std::size_t kIdBytes = 128;
constexpr std::size_t kActorBytes = 512;
constexpr std::size_t kUuidBytes = 36;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

bool is_id_character(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("._:~-").find(c) != std::string_view::npos;
}

void add_member(std::string& out, std::string_view name, std::string_view text) {
    if (text.empty()) return;
    out += out.size() > 1 ? ",\"" : "\"";
    out += name;
    out += "\":";
    json::append_quoted(out, text);
}

}  // namespace

std::string derived_id(std::string_view content) {
    auto bytes = blake2b_128(content);
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x80U);  // version 8
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);  // RFC 9562 variant
    return Uuid(bytes).str();
}

std::string_view cut_text(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && is_continuation(text[end])) --end;
    return text.substr(0, end);
}

std::string as_id(std::string_view text) {
    std::string id;
    for (const char c : text) {
        if (is_continuation(c)) continue;  // one `-` a character, not a byte
        const bool doubles_dot = c == '.' && !id.empty() && id.back() == '.';
        id += is_id_character(c) && !doubles_dot ? c : '-';
    }
    if (id.empty() || id == ".") return "-";
    if (id.size() <= kIdBytes) return id;
    std::string sum;
    put_u64_be(sum, xxh3_64(text));
    const std::string hash = to_hex(sum);
    return id.substr(0, kIdBytes - hash.size() - 1) + "~" + hash;
}

std::string file_id(const std::filesystem::path& file) { return as_id(file.stem().string()); }

CommandWriter::CommandWriter(std::string_view format, std::string swarm, Sinks sinks)
    : format_(format), swarm_(std::move(swarm)), sinks_(sinks) {}

void CommandWriter::at_record(std::uint64_t number, const SourcePlace& place) {
    record_ = number;
    in_record_ = 0;
    place_ = place;
}

void CommandWriter::put(const CommandHead& head, const json::Value& data) {
    if (stopped()) return;
    put_text(head, data.text());
}

void CommandWriter::put_text(const CommandHead& head, std::string_view data) {
    if (stopped()) return;
    text_ = "{";
    add_member(text_, "actor", cut_text(head.actor, kActorBytes));
    text_ += text_.size() > 1 ? ",\"command_id\":\"" : "\"command_id\":\"";
    const std::size_t id_at = text_.size();
    text_.append(kUuidBytes, '0');
    text_ += "\",\"data\":";
    text_ += data;
    if (parse_time(head.occurred_at)) add_member(text_, "occurred_at", head.occurred_at);
    add_member(text_, "run", head.run);
    add_member(text_, "swarm", swarm_);
    add_member(text_, "type", head.type);
    text_ += '}';
    hashed_ = format_ + '\n' + std::to_string(record_) + '\n' + std::to_string(in_record_) + '\n';
    hashed_ += text_;
    ++in_record_;
    text_.replace(id_at, kUuidBytes, derived_id(hashed_));
    next_ = sinks_.commands.put(json::Value::from_canonical(text_), place_);
}

json::Value text_value(std::string_view text) { return json::Value::string(text); }

json::Value object_value(Members members) { return json::Value::object(std::move(members)); }

json::Value updates_value(const std::vector<Update>& updates) {
    std::vector<json::Value> list;
    list.reserve(updates.size());
    for (const Update& update : updates) {
        Members members{{"key", text_value(update.key)}, {"op", text_value(update.op)}};
        if (update.value) members.emplace_back("value", *update.value);
        list.push_back(object_value(std::move(members)));
    }
    return object_value({{"updates", json::Value::array(list)}});
}

json::Value append_value(std::string_view key, const json::Value& element) {
    return updates_value({{std::string(key), "append", element}});
}

std::string text_of(const json::Value& object, std::string_view key) {
    if (!object.is_object()) return {};
    const auto member = object.find(key);
    if (!member) return {};
    return member->as_string().value_or(std::string());
}

}  // namespace skein::import
