// What the decoders of all kinds share: verifying a root within our limits, and reading fields with
// the checks that FlatBuffers does not make. The first problem stays; after it getters return empty
// values, so that a decoder reads straight through and asks ok() once at the end.
//
// Limits: depth 16; one table for each 16 bytes, for no honest table with its slot is smaller, so a
// 4 MiB event may hold some 260,000 and a forged one costs time in proportion to its size; and all
// texts and values together may not exceed the payload, so shared parts cannot be read out many
// times.
// Threads: one owner. Errors: problem() says what was found. Source: reliability 3.10.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/codec/codec.h"
#include "engine/domain/event.h"
#include "skein_schemas/value_generated.h"

namespace skein::codec {

inline constexpr flatbuffers::uoffset_t kDepthMax = 16;
inline constexpr std::size_t kTablesFree = 16;
inline constexpr std::size_t kBytesPerTable = 16;

// The root of aligned bytes, or nullptr where they are not a sound `Table` with this identifier.
template <class Table>
const Table* verified_root(std::string_view bytes, const char* identifier) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    const auto tables_max =
        static_cast<flatbuffers::uoffset_t>(kTablesFree + bytes.size() / kBytesPerTable);
    flatbuffers::Verifier verifier(data, bytes.size(), kDepthMax, tables_max);
    if (!verifier.VerifyBuffer<Table>(identifier)) return nullptr;
    return flatbuffers::GetRoot<Table>(data);
}

// A time that RFC 3339 can print; nullopt else.
std::optional<Timestamp> time_in_range(std::int64_t us);
Uuid uuid_of(const fbs::Uuid& id);
// Whole envelopes and snapshots are a multiple of 8 bytes, since they hold 8-byte numbers: so also
// a cut through the padding at their end shows.
inline bool is_whole(std::string_view bytes) { return bytes.size() % 8 == 0; }
// Whether `stream` is swarm/S/run/R for the segments swarm and run.
bool is_stream_of(std::string_view stream, const std::vector<std::string_view>& segments);

class PayloadReader {
    template <class T>
    using Offset = flatbuffers::Offset<T>;

 public:
    enum class Shape { kAny, kObject, kArray, kText };  // null is always allowed

    explicit PayloadReader(std::size_t payload_bytes) : budget_(payload_bytes) {}

    bool ok() const { return problem_.empty(); }
    const std::string& problem() const { return problem_; }
    void refuse(std::string_view name, std::string_view expected);

    // Absent texts are empty.
    std::string text(const flatbuffers::String* text, std::string_view name);
    std::string id(const flatbuffers::String* text, std::string_view name);
    std::string key(const flatbuffers::String* text, std::string_view name);
    // Pairs of names and ids: swarm/S/run/R.
    Stream stream(const flatbuffers::String* text, std::string_view name);
    // Absent values are null.
    json::Value value(const fbs::Value* value, std::string_view name, Shape shape = Shape::kAny);
    std::optional<json::Value> given(const fbs::Value* value, std::string_view name,
                                     Shape shape = Shape::kAny);
    domain::StoredValue stored(const fbs::StoredValue* value, std::string_view name);
    std::optional<domain::StoredValue> given(const fbs::StoredValue* value, std::string_view name);
    std::optional<double> amount(const flatbuffers::Optional<double>& value, std::string_view name);
    std::optional<Timestamp> time(const flatbuffers::Optional<std::int64_t>& value,
                                  std::string_view name);

    template <class Domain, class Table>
    Domain choice(Table value, std::string_view name) {
        if (value <= Table::MAX) return static_cast<Domain>(static_cast<std::uint8_t>(value));
        refuse(name, "a number that the schema knows");
        return {};
    }
    template <class Domain, class Table>
    std::optional<Domain> choice(const flatbuffers::Optional<Table>& value, std::string_view name) {
        if (!value.has_value()) return std::nullopt;
        return choice<Domain>(*value, name);
    }

    // `read(*this, table)` gives one item.
    template <class Item, class Table, class Read>
    std::vector<Item> list(const flatbuffers::Vector<Offset<Table>>* tables, Read&& read) {
        std::vector<Item> items;
        if (tables == nullptr || !can_hold(tables->size())) return items;
        items.reserve(tables->size());
        for (const Table* table : *tables) {
            if (!ok()) break;
            items.push_back(read(*this, *table));
        }
        return items;
    }
    enum class Names { kIds, kKeys, kTexts };
    std::vector<std::string> names(const flatbuffers::Vector<Offset<flatbuffers::String>>* texts,
                                   std::string_view name, Names rule);

 private:
    // False where `count` texts or values cannot stand in what is left.
    bool can_hold(std::size_t count);
    // False where the parts read so far exceed what the payload can honestly hold.
    bool charge(std::size_t bytes);

    std::size_t budget_;
    std::string problem_;
};

// One decoder: `read(PayloadReader&, const Table&, Body&)` fills the body.
template <class Body, class Table, class Read>
Result<std::shared_ptr<const domain::EventBody>, CodecError> decode_as(std::string_view payload,
                                                                       const char* identifier,
                                                                       Read&& read) {
    const auto refused = [](const std::string& problem) {
        return fail(CodecError{std::string(Body::kType.name) + ": " + problem});
    };
    const Table* table = verified_root<Table>(payload, identifier);
    if (table == nullptr) return refused("the payload is not sound");
    auto body = std::make_shared<Body>();
    PayloadReader reader(payload.size());
    read(reader, *table, *body);
    if (!reader.ok()) return refused(reader.problem());
    return std::shared_ptr<const domain::EventBody>(std::move(body));
}

}  // namespace skein::codec
