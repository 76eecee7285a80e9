// DocumentVerifier: the rows of one document beside a fold of the log: its deltas, keyframes with
// their chunks, version rows, its head and its line in the index.
//
// Rows are compared byte for byte with what the fold gives. Where keyframes stand is no business of
// the log (they depend on when the projector was restarted): that is taken from the rows, whatever
// they hold is not, and which deltas rest on them must follow from it. Of keyframes that were begun
// and never finished, which nothing reads, as much is compared as there is.
// Memory: 8 bytes for each keyframe of the document.
// Threads: one owner. Errors: as log and store. Source: C-07, design section 6.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/codec/codec.h"
#include "projections/history/chunk_rows.h"
#include "projections/history/row_content.h"
#include "projections/query/generation_view.h"
#include "projections/query/row_findings.h"

namespace skein::projections {

class DocumentVerifier {
 public:
    struct Parts {
        const GenerationView& generation;
        const codec::Codec& codec;
        history::KnownChunks& chunks;
        RowFindings& findings;
    };
    DocumentVerifier(const Parts& parts, const Stream& stream);

    // An event that was folded: `state` is the document after it. `past_reads` as of its delta.
    struct Folded {
        const core::Incoming& incoming;
        const domain::State& state;
        std::uint64_t past_reads = 0;
        history::Origin origin = history::Origin::kOwn;
    };
    void folded(const Folded& folded);
    // Whether the event behind the last position applied is of the document's stream: then its head
    // may have been written while that event was being applied, without what lists show.
    enum class Next { kElsewhere, kHere };
    // After the last one: `state` is the document.
    void finish(const domain::State& state, Next next);

    std::uint64_t deltas() const { return deltas_; }

 private:
    class Chunks;
    // Since a keyframe: what deltas and the head count.
    struct Since {
        std::uint64_t base = 0;
        std::uint64_t delta_bytes = 0;
        std::uint64_t past_reads = 0;
    };
    struct Pending {
        Since since;
        std::uint64_t completed = 0;  // deltas behind this ordinal rest on it
    };

    Views::RowFailure at(std::string what, std::string row) const;
    void check_keyframe(std::uint64_t ordinal, const domain::State& state);
    void pass_keyframes(std::uint64_t last);
    void refuse_pending();
    void find_keyframes();

    const Parts parts_;
    const Stream stream_;
    const store::DocumentKeys keys_;
    const domain::Kind* const kind_;
    domain::Mark mark_;  // of the event that was folded last
    json::Digest digest_;
    Since since_;
    std::optional<Pending> pending_;
    std::vector<std::uint64_t> keyframes_;  // ordinals of those not come to yet, the next one last
    std::uint64_t ordinal_ = 0;
    std::uint64_t deltas_ = 0;
};

}  // namespace skein::projections
