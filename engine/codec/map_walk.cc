#include "engine/codec/map_walk.h"

namespace skein::codec {

Walk write_long_value(SliceWriter& out, const json::Value& value, ChunkSink* chunks,
                      OpenValue& open) {
    open.value = chunks == nullptr ? value : value.chunked();
    if (chunks == nullptr || !open.value.is_chunked()) {
        out.value(value, nullptr);
        return Walk::kDone;
    }
    out.begin_pieces(open.value.type());
    open.next = out.pieces(open.value, 0, *chunks);
    return open.next < open.value.chunk_count() ? Walk::kFull : Walk::kDone;
}

Walk write_more(SliceWriter& out, std::uint8_t tag, std::optional<OpenValue>& open,
                ChunkSink& chunks) {
    out.u8(tag);
    out.u8(open->map);
    out.text(open->key);
    open->next = out.pieces(open->value, open->next, chunks);
    if (open->next < open->value.chunk_count()) return Walk::kFull;
    open.reset();
    return Walk::kDone;
}

}  // namespace skein::codec
