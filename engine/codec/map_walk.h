// Walking a map of a state slice by slice, and a value of it piece by piece: what the slicers of
// all kinds share.
//
// Threads: one owner. Errors: none.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "engine/base/cow_map.h"
#include "engine/codec/slice_format.h"

namespace skein::codec {

enum class Walk { kDone, kFull };

// Writes entries behind `last` while the slice has room and `write(key, value)` gives kDone; `last`
// becomes the key of the last one written.
template <class Key, class T, class Write>
Walk walk_map(const CowMap<Key, T>& map, Key& last, const SliceWriter& out, Write&& write) {
    Walk walk = Walk::kDone;
    map.for_each_after(Key(last), [&](const Key& key, const T& value) {
        if (out.is_full()) {
            walk = Walk::kFull;
            return false;
        }
        walk = write(key, value);
        last = key;
        return walk == Walk::kDone;
    });
    return walk;
}

// A value whose pieces did not all fit into the slice where its record stands.
struct OpenValue {
    std::uint8_t map = 0;  // which map of the state
    std::string key;
    json::Value value;  // chunked
    std::size_t next = 0;
};

// Writes a value; kFull where `open` has to go on in the next slice.
Walk write_long_value(SliceWriter& out, const json::Value& value, ChunkSink* chunks,
                      OpenValue& open);
// Goes on with `open` by a record of `tag`, and clears it at its end.
Walk write_more(SliceWriter& out, std::uint8_t tag, std::optional<OpenValue>& open,
                ChunkSink& chunks);

}  // namespace skein::codec
