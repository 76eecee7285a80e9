// Keyframes: whole states in the rows, from which deltas go on. Big ones are written in parts, a
// bounded piece of work with each event, from a frozen copy of the state; deltas name a keyframe as
// their base only when its last part is written. After a restart an unfinished one is started anew.
//
// Threads: the projector's. Errors: as the store. Source: design section 6 (slices).
#pragma once

#include <deque>
#include <memory>

#include "engine/codec/codec.h"
#include "projections/core/view.h"
#include "projections/history/chunk_rows.h"
#include "projections/history/documents.h"

namespace skein::projections::history {

struct KeyframeRule {
    double fraction = 0.25;  // of the state's bytes that deltas may reach
};
// Whether the deltas of a document have become long enough, or its reads wide enough.
bool keyframe_due(const store::HeadRow& head, const KeyframeRule& rule);

class Keyframes {
 public:
    Keyframes(const store::ViewStore& store, const codec::Codec& codec)
        : store_(store), codec_(codec) {}

    void start(const std::shared_ptr<Document>& document);
    bool empty() const { return open_.empty(); }
    // Writes about one part of the oldest one; returns the document that it completes, if it does.
    std::shared_ptr<Document> step(core::Rows& rows);
    void abandon(const Document& document);
    void forget();

 private:
    struct Open {
        std::shared_ptr<Document> document;
        std::uint64_t ordinal = 0;
        std::uint32_t next_row = 0;
        std::unique_ptr<ChunkRows> chunks;
        std::unique_ptr<codec::StateSlicer> slicer;
        std::string ahead;  // the slice after those written: tells whether a row is the last
    };
    void write_row(Open& open, core::Rows& rows);

    const store::ViewStore& store_;
    const codec::Codec& codec_;
    KnownChunks known_;
    std::deque<Open> open_;
};

}  // namespace skein::projections::history
