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

void Keyframes::start(const std::shared_ptr<Document>& document) {
    Open open;
    open.document = document;
    open.ordinal = document->head.ordinal;
    open.chunks = std::make_unique<ChunkRows>(store_, known_, document->keys.shard(),
                                              std::string(document->keys.scope()));
    open.slicer =
        codec_.kind_codec(document->kind->name).slice(document->state->clone(), open.chunks.get());
    document->keyframe_pending = true;
    document->bytes_since_pending = 0;
    document->past_reads_since_pending = 0;
    open_.push_back(std::move(open));
}

void Keyframes::write_row(Open& open, core::Rows& rows) {
    open.chunks->write_to(&rows);
    if (open.next_row == 0) open.slicer->next(open.ahead, kSliceBytes);
    std::string value(1, '\0');
    std::size_t chunk_bytes = open.chunks->take_bytes_seen();
    while (!open.ahead.empty() && value.size() < kRowBytes && chunk_bytes < kChunkBytesMax) {
        put_string(value, open.ahead);
        open.ahead.clear();
        open.slicer->next(open.ahead, kSliceBytes);
        chunk_bytes += open.chunks->take_bytes_seen();
    }
    value.front() = open.ahead.empty() ? '\1' : '\0';
    rows.put(open.document->keys.keyframe(open.ordinal, open.next_row++), value);
}

std::shared_ptr<Document> Keyframes::step(core::Rows& rows) {
    if (open_.empty()) return nullptr;
    Open& open = open_.front();
    write_row(open, rows);
    if (!open.ahead.empty()) return nullptr;
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
