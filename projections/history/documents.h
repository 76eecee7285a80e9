// Documents: the states that the projector goes on from, a bounded working set. What is not in it
// costs one read of its history.
//
// Threads: the projector's. Errors: as HistoryReader. Source: design section 6.
#pragma once

#include <list>
#include <memory>
#include <unordered_map>

#include "projections/history/history_reader.h"

namespace skein::projections::history {

enum class Dirty : std::uint8_t { kNo, kYes };

struct Document {
    Document(store::DocumentKeys document_keys, const domain::Kind* document_kind)
        : keys(std::move(document_keys)), kind(document_kind) {}

    const store::DocumentKeys keys;
    const domain::Kind* const kind;
    std::shared_ptr<domain::State> state;
    store::HeadRow head;
    std::uint64_t last_past_reads = 0;  // of its last delta
    Dirty dirty = Dirty::kNo;           // its head row and readers' copy are behind
    // A keyframe that is being written in parts: what came after it.
    bool keyframe_pending = false;
    std::uint64_t bytes_since_pending = 0;
    std::uint64_t past_reads_since_pending = 0;
};

struct WorkingSetLimits {
    std::size_t entries_max = 20000;
    std::size_t bytes_max = 48U << 20;
};

class Documents {
 public:
    Documents(const HistoryReader& reader, WorkingSetLimits limits)
        : reader_(reader), limits_(limits) {}

    // Loads it where it is not held. Precondition: its kind is known.
    std::shared_ptr<Document> get(const Stream& stream);
    std::shared_ptr<Document> find(const Stream& stream) const;
    void mark_dirty(const std::shared_ptr<Document>& document);
    const std::vector<std::shared_ptr<Document>>& dirty() const { return dirty_; }
    // All dirty ones have been written.
    void clean();
    // Lets go of the least recently used beyond the limits; never of one that has work pending, nor
    // of the last one.
    void shrink();
    void drop(const Stream& stream);
    void clear();

 private:
    using Order = std::list<std::shared_ptr<Document>>;  // most recently used first

    const HistoryReader& reader_;
    const WorkingSetLimits limits_;
    Order order_;
    std::unordered_map<Stream, Order::iterator> by_stream_;
    std::vector<std::shared_ptr<Document>> dirty_;
    std::size_t bytes_ = 0;  // what all states took in memory when they were counted
    std::unordered_map<const Document*, std::size_t> counted_;
};

}  // namespace skein::projections::history
