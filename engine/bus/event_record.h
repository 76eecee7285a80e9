// An event as a record of the bus: the stored bytes, and headers that make it a CloudEvent 1.0 in
// binary mode and carry what a reader checks.
//
//   key               scope                        ce_specversion   1.0
//   value             the envelope as stored       ce_id            event id
//   ce_source         /skein/<store id>            ce_type          skein.run.started.v1
//   ce_subject        stream                       ce_time          recorded_at, RFC 3339
//   ce_partitionkey   scope                        ce_sequence      position, 20 digits
//   content-type      application/vnd.skein.event.v1+flatbuffers
//   skein_shard skein_position skein_epoch         decimal
//   skein_prev_hash skein_hash                     h(position - 1) and h(position), 64 hex digits
//
// Threads: RecordWriter one, the rest pure. Errors: a Fault kCorruption for an envelope of the log
// that cannot be read; bytes from the bus are answered with nullopt.
// Source: interfaces section 7, CloudEvents 1.0 Kafka binding; V-112.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/bus/event_topic.h"
#include "engine/codec/envelope.h"
#include "engine/log/event_log.h"

namespace skein::bus {

inline constexpr std::string_view kEventContentType = "application/vnd.skein.event.v1+flatbuffers";

// `RunStarted` version 1: `skein.run.started.v1`; `TeamMemberAdded`: `skein.team-member.added.v1`.
std::string cloud_event_type(std::string_view type, std::uint16_t version);
std::string cloud_event_source(const Uuid& store_id);

class RecordWriter {
 public:
    explicit RecordWriter(const Uuid& store_id) : source_(cloud_event_source(store_id)) {}

    // Valid until the next call, and while the event is.
    const Record& write(const log::EventView& event);

 private:
    void write_headers(const log::EventView& event, const codec::EnvelopeHead& head);
    std::string_view keep(std::string_view text);

    const std::string source_;
    Record record_;
    Scope scope_;
    std::string kept_;  // what the record's views point into; never grows while there are any
    std::string type_;  // the last event's type, as it is and as it is sent
    std::uint16_t type_version_ = 0;
    std::string sent_type_;
};

// What a reader needs of a record: where it says that it stands, and the chain around it.
struct ReceivedEvent {
    Position position;
    std::string_view previous;  // 32 bytes, from the envelope
    Hash hash;                  // as its header says; the next event's `previous` must equal it
};
// nullopt: this is no event of that shard.
std::optional<ReceivedEvent> received_event(const StoredRecord& stored);

// The value of the last header of that name, or nullopt.
std::optional<std::string_view> header_of(const Record& record, std::string_view name);

}  // namespace skein::bus
