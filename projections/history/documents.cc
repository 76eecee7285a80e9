#include "projections/history/documents.h"

#include <fmt/format.h>

namespace skein::projections::history {

namespace {

constexpr std::size_t kDocumentBytes = 2048;  // what a state takes beside its content

}  // namespace

std::shared_ptr<Document> Documents::find(const Stream& stream) const {
    const auto known = by_stream_.find(stream);
    return known == by_stream_.end() ? nullptr : *known->second;
}

std::shared_ptr<Document> Documents::get(const Stream& stream) {
    const auto known = by_stream_.find(stream);
    if (known != by_stream_.end()) {
        order_.splice(order_.begin(), order_, known->second);
        return order_.front();
    }
    auto document = std::make_shared<Document>(reader_.keys_of(stream), reader_.kind_of(stream));
    if (const auto head = reader_.head(stream)) {
        document->head = *head;
        Reading reading = reader_.read(stream, head->ordinal);
        if (reading.ordinal != head->ordinal)
            throw store::ViewDamage(fmt::format("{}: deltas end at {}, but the head says {}",
                                                stream.str(), reading.ordinal, head->ordinal));
        document->last_past_reads = reading.past_reads;
        document->state = std::move(reading.state);
    } else {
        document->state = reader_.read(stream, 0).state;
    }
    order_.push_front(document);
    by_stream_.emplace(stream, order_.begin());
    const std::size_t bytes = kDocumentBytes + document->state->memory_bytes();
    counted_[document.get()] = bytes;
    bytes_ += bytes;
    return document;
}

void Documents::mark_dirty(const std::shared_ptr<Document>& document) {
    if (document->dirty == Dirty::kYes) return;
    document->dirty = Dirty::kYes;
    dirty_.push_back(document);
}

void Documents::clean() {
    for (const auto& document : dirty_) {
        document->dirty = Dirty::kNo;
        const auto counted = counted_.find(document.get());
        if (counted == counted_.end()) continue;
        const std::size_t bytes = kDocumentBytes + document->state->memory_bytes();
        bytes_ = bytes_ - counted->second + bytes;
        counted->second = bytes;
    }
    dirty_.clear();
}

void Documents::shrink() {
    if (order_.empty()) return;
    // The one used last stays, however big: a swarm that is over the limit alone would be read anew
    // for each event that it lists.
    const auto last_used = std::next(order_.begin());
    auto at = order_.end();
    while (at != last_used && (order_.size() > limits_.entries_max || bytes_ > limits_.bytes_max)) {
        --at;
        const Document& document = **at;
        if (document.dirty == Dirty::kYes || document.keyframe_pending) continue;
        bytes_ -= counted_[&document];
        counted_.erase(&document);
        by_stream_.erase(document.state->stream());
        at = order_.erase(at);
    }
}

void Documents::drop(const Stream& stream) {
    const auto known = by_stream_.find(stream);
    if (known == by_stream_.end()) return;
    const Document* document = known->second->get();
    bytes_ -= counted_[document];
    counted_.erase(document);
    order_.erase(known->second);
    by_stream_.erase(known);
}

void Documents::clear() {
    order_.clear();
    by_stream_.clear();
    dirty_.clear();
    counted_.clear();
    bytes_ = 0;
}

}  // namespace skein::projections::history
