// Keyframes: whole states in the rows, from which deltas go on. Big ones are written in parts, a
// bounded piece of work with each event, from a frozen copy of the state; deltas name a keyframe as
// their base only when its last part is written. After a restart an unfinished one is started anew.
//
// Threads: the projector's. Errors: as the store. Source: design section 6 (slices).
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/bytes.h"
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

// A state cut into the values of its keyframe's rows, the same ones whenever it is cut.
//   part = 0:u8 slice* | 1:u8 completed:varint slice*     slice = string
// The last part says how far the document's ordinal had gone when it was written: deltas behind
// that name the keyframe as their base.
class KeyframeParts {
 public:
    // `chunks` outlives it.
    KeyframeParts(std::unique_ptr<codec::StateSlicer> slicer, CountingSink& chunks)
        : slicer_(std::move(slicer)), chunks_(chunks) {}

    bool done() const { return done_; }
    // The next part, done() where it is the last. Precondition: not done(). `completed`: how many
    // ordinals behind the keyframe's own the document stands now.
    std::string next(std::uint64_t completed);

 private:
    const std::unique_ptr<codec::StateSlicer> slicer_;
    CountingSink& chunks_;
    std::string ahead_;  // the slice after those given: tells whether a part is the last
    bool begun_ = false;
    bool done_ = false;
};
// Reads what stands before the slices: `completed` of the last part, nullopt of any other.
std::optional<std::uint64_t> read_part_start(ByteReader& part);

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
        std::unique_ptr<KeyframeParts> parts;
    };

    const store::ViewStore& store_;
    const codec::Codec& codec_;
    KnownChunks known_;
    std::deque<Open> open_;
};

}  // namespace skein::projections::history
