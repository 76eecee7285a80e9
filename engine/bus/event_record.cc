#include "engine/bus/event_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/base/fault.h"
#include "engine/base/hex.h"

namespace skein::bus {

namespace {

constexpr std::size_t kHeaders = 14;
// Two hashes, an id, a time and four numbers.
constexpr std::size_t kKeptBytesMax = 512;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

std::string cloud_event_type(std::string_view type, std::uint16_t version) {
    std::size_t verb = type.size();
    while (verb > 0 && !is_upper(type[verb - 1])) --verb;
    if (verb > 0) --verb;
    std::string text = "skein.";
    for (std::size_t i = 0; i < type.size(); ++i) {
        if (i > 0 && i == verb) {
            text += '.';
        } else if (i > 0 && is_upper(type[i])) {
            text += '-';
        }
        text += static_cast<char>(std::tolower(static_cast<unsigned char>(type[i])));
    }
    return text + fmt::format(".v{}", version);
}

std::string cloud_event_source(const Uuid& store_id) { return "/skein/" + store_id.str(); }

std::string_view RecordWriter::keep(std::string_view text) {
    const std::size_t at = kept_.size();
    kept_ += text;
    return std::string_view(kept_).substr(at);
}

const Record& RecordWriter::write(const log::EventView& event) {
    const auto head = codec::decode_head(event.bytes);
    if (!head || head->shard != event.shard || head->position != event.position) {
        throw Fault(FaultKind::kCorruption,
                    fmt::format("the event at position {} of shard {} cannot be published: {}",
                                event.position.value(), event.shard.value(),
                                head ? "it says that it stands elsewhere" : head.error().what),
                    "skein verify --all");
    }
    write_headers(event, *head);
    return record_;
}

void RecordWriter::write_headers(const log::EventView& event, const codec::EnvelopeHead& head) {
    if (type_ != head.type || type_version_ != head.type_version) {
        type_ = head.type;
        type_version_ = head.type_version;
        sent_type_ = cloud_event_type(type_, type_version_);
    }
    kept_.clear();
    kept_.reserve(kKeptBytesMax);  // so that no view dangles
    const fmt::format_int shard(event.shard.value());
    const fmt::format_int position(event.position.value());
    const fmt::format_int epoch(head.epoch.value());
    scope_ = scope_of(Stream(std::string(head.stream)));
    record_.key = scope_.str();
    record_.value = event.bytes;
    record_.headers.clear();
    record_.headers.reserve(kHeaders);
    const auto add = [&](std::string_view name, std::string_view value) {
        record_.headers.push_back({name, value});
    };
    add("ce_specversion", "1.0");
    add("ce_id", keep(head.event_id.str()));
    add("ce_source", source_);
    add("ce_type", sent_type_);
    add("ce_subject", head.stream);
    add("ce_time", keep(format_time(head.recorded_at)));
    add("ce_partitionkey", record_.key);
    add("ce_sequence", keep(fmt::format("{:020}", event.position.value())));
    add("content-type", kEventContentType);
    add("skein_shard", keep({shard.data(), shard.size()}));
    add("skein_position", keep({position.data(), position.size()}));
    add("skein_epoch", keep({epoch.data(), epoch.size()}));
    add("skein_prev_hash", keep(to_hex(head.previous)));
    add("skein_hash", keep(to_hex(event.hash)));
}

std::optional<std::string_view> header_of(const Record& record, std::string_view name) {
    const auto last = std::find_if(record.headers.rbegin(), record.headers.rend(),
                                   [&](const Header& header) { return header.name == name; });
    return last == record.headers.rend() ? std::nullopt : std::optional(last->value);
}

std::optional<ReceivedEvent> received_event(const StoredRecord& stored) {
    const auto hex = header_of(stored.record, "skein_hash");
    if (!hex) return std::nullopt;
    std::string hash;
    if (!append_hex(hash, *hex) || hash.size() != Hash{}.bytes.size()) return std::nullopt;
    const auto head = codec::decode_head(stored.record.value);
    if (!head || head->shard != stored.shard || head->position.value() == 0) return std::nullopt;
    return ReceivedEvent{head->position, head->previous, hash_from_bytes(hash)};
}

}  // namespace skein::bus
