#include "projections/history/keyframes.h"

#include <algorithm>

#include "engine/base/bytes.h"

namespace skein::projections::history {

namespace {

constexpr std::uint64_t kDeltaBytesMin = 2048;  // below it a keyframe saves nothing
constexpr std::uint64_t kPastReadsMax = 4;      // documents that one read may touch beside its own
constexpr std::size_t kRowBytes = 64U << 10;    // of a part: a fraction of a millisecond
constexpr std::size_t kChunkBytesMax = 1U << 20;  // hashed for a part: about 2 ms
constexpr std::size_t kSliceBytes = 4096;         // small, because a slice of ids stands for much

}  // namespace

bool keyframe_due(const store::HeadRow& head, const KeyframeRule& rule) {
    if (head.past_reads > kPastReadsMax) return true;
    const double share = rule.fraction * static_cast<double>(head.state_bytes);
    return head.delta_bytes >= kDeltaBytesMin && static_cast<double>(head.delta_bytes) >= share;
}

std::string KeyframeParts::next(std::uint64_t completed) {
    if (!std::exchange(begun_, true)) slicer_->next(ahead_, kSliceBytes);
    std::string slices;
    std::size_t chunk_bytes = chunks_.take_bytes_seen();
    while (!ahead_.empty() && slices.size() < kRowBytes && chunk_bytes < kChunkBytesMax) {
        put_string(slices, ahead_);
        ahead_.clear();
        slicer_->next(ahead_, kSliceBytes);
        chunk_bytes += chunks_.take_bytes_seen();
    }
    done_ = ahead_.empty();
    std::string part(1, done_ ? '\1' : '\0');
    if (done_) put_varint(part, completed);
    part += slices;
    return part;
}

std::optional<std::uint64_t> read_part_start(ByteReader& part) {
    if (part.u8() == 0) return std::nullopt;
    return part.varint();
}

void Keyframes::start(const std::shared_ptr<Document>& document) {
    Open open;
    open.document = document;
    open.ordinal = document->head.ordinal;
    open.chunks = std::make_unique<ChunkRows>(store_, known_, document->keys.shard(),
                                              std::string(document->keys.scope()));
    open.parts = std::make_unique<KeyframeParts>(
        codec_.kind_codec(document->kind->name).slice(document->state->clone(), open.chunks.get()),
        *open.chunks);
    document->keyframe_pending = true;
    document->bytes_since_pending = 0;
    document->past_reads_since_pending = 0;
    open_.push_back(std::move(open));
}

std::shared_ptr<Document> Keyframes::step(core::Rows& rows) {
    if (open_.empty()) return nullptr;
    Open& open = open_.front();
    open.chunks->write_to(&rows);
    const std::string value = open.parts->next(open.document->head.ordinal - open.ordinal);
    rows.put(open.document->keys.keyframe(open.ordinal, open.next_row++), value);
    if (!open.parts->done()) return nullptr;
    std::shared_ptr<Document> document = std::move(open.document);
    document->head.base = open.ordinal;
    document->head.delta_bytes = document->bytes_since_pending;
    document->head.past_reads = document->past_reads_since_pending;
    document->keyframe_pending = false;
    open_.pop_front();
    return document;
}

void Keyframes::abandon(const Document& document) {
    const auto gone = std::remove_if(open_.begin(), open_.end(), [&](const Open& open) {
        return open.document.get() == &document;
    });
    open_.erase(gone, open_.end());
}

void Keyframes::forget() {
    open_.clear();
    known_.forget();
}

}  // namespace skein::projections::history
