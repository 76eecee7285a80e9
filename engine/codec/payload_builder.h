// What the encoders of all kinds share: a builder of the thread, used again and again, and how JSON
// values, references and lists become FlatBuffers.
//
// Threads: any; the builder is thread_local and free again once finish() has returned.
// Errors: none; bodies come from our own decisions.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/domain/event.h"
#include "skein_schemas/value_generated.h"

namespace skein::codec {

using Builder = flatbuffers::FlatBufferBuilder;
template <class T>
using Offset = flatbuffers::Offset<T>;
template <class T>
using ListOffset = Offset<flatbuffers::Vector<Offset<T>>>;

// This thread's builder, empty.
Builder& fresh_builder();
// The bytes from `builder`, which gives back what it holds beyond the usual.
std::string finished_bytes(Builder& builder);

template <class Table>
std::string finish(Builder& builder, Offset<Table> root, const char* identifier) {
    builder.Finish(root, identifier);
    return finished_bytes(builder);
}

fbs::Uuid put_uuid(const Uuid& id);

// Absent where empty.
Offset<flatbuffers::String> put_text(Builder& builder, std::string_view text);
// Never absent.
Offset<flatbuffers::String> put_name(Builder& builder, std::string_view text);
Offset<fbs::Value> put_value(Builder& builder, const json::Value& value);
// Absent where null.
Offset<fbs::Value> put_unless_null(Builder& builder, const json::Value& value);
// Absent where not given.
Offset<fbs::Value> put_given(Builder& builder, const std::optional<json::Value>& value);
Offset<fbs::StoredValue> put_stored(Builder& builder, const domain::StoredValue& value);
Offset<fbs::StoredValue> put_stored(Builder& builder,
                                    const std::optional<domain::StoredValue>& value);

// Absent where empty. `put(builder, item)` gives the offset of one.
template <class Table, class Item, class Put>
ListOffset<Table> put_list(Builder& builder, const std::vector<Item>& items, Put&& put) {
    if (items.empty()) return {};
    std::vector<Offset<Table>> offsets;
    offsets.reserve(items.size());
    for (const Item& item : items) offsets.push_back(put(builder, item));
    return builder.CreateVector(offsets);
}

inline ListOffset<flatbuffers::String> put_names(Builder& builder,
                                                 const std::vector<std::string>& names) {
    return put_list<flatbuffers::String>(builder, names, put_name);
}

// The same enumerator by number; the codecs assert that both sides number alike.
template <class Table, class Domain>
Table same_number(Domain value) {
    return static_cast<Table>(static_cast<std::uint8_t>(value));
}
template <class Table, class Domain>
flatbuffers::Optional<Table> same_number(const std::optional<Domain>& value) {
    if (!value) return flatbuffers::nullopt;
    return same_number<Table>(*value);
}

}  // namespace skein::codec
