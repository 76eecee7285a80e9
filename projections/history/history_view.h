// HistoryView: every document at every point, as keyframes and deltas. It is the current view too,
// so that reading the past and reading the present are the same code at the same cost.
//
// With each event of a stream: the delta of its document, the timeline of its scope, and where it
// changes what the scope's document lists, a delta of that one. Keyframes follow their rule.
// Threads: the projector's. Errors: as core::View. Source: design section 6, V-26, V-171.
#pragma once

#include <map>
#include <memory>

#include "projections/core/view.h"
#include "projections/history/documents.h"
#include "projections/history/history_reader.h"
#include "projections/history/keyframes.h"
#include "projections/history/row_content.h"

namespace skein::projections::history {

// Hears of documents as readers may see them now: what keeps a cache of states current.
class Readers {
 public:
    virtual ~Readers() = default;
    virtual void publish(std::shared_ptr<const domain::State> document) = 0;
    // Only the mark of a scope document moved, to an event that does not concern it otherwise.
    virtual void move_mark(const Stream& document, const domain::Mark& mark) = 0;
    virtual void drop(const Stream& document) = 0;
};

struct HistoryOptions {
    KeyframeRule keyframes;
    WorkingSetLimits working_set;
};

class HistoryView final : public core::View {
 public:
    // `readers` null: nobody looks yet.
    HistoryView(std::shared_ptr<const store::ViewStore> store, const codec::Codec& codec,
                std::uint32_t shard_count, HistoryOptions options, Readers* readers);
    ~HistoryView() override;

    std::optional<core::Refusal> apply(const core::Incoming& incoming, core::Rows& rows) override;
    void finish(core::Rows& rows) override;
    void written() override;
    void forget() override;
    bool work(core::Rows& rows) override;

 private:
    class Past;

    struct Folded {
        const core::Incoming& incoming;
        std::uint64_t ordinal = 0;
        std::uint64_t past_reads = 0;  // that this event adds
        Origin origin = Origin::kOwn;
    };
    std::optional<core::Refusal> fold(const core::Incoming& incoming,
                                      const std::shared_ptr<Document>& document, core::Rows& rows,
                                      std::uint64_t& past_reads);
    void add_delta(const std::shared_ptr<Document>& document, const Folded& folded,
                   core::Rows& rows);
    void add_to_scope(const core::Incoming& incoming, core::Rows& rows);
    void step_keyframes(core::Rows& rows);

    HistoryReader reader_;
    const HistoryOptions options_;
    Readers* const readers_;
    Documents documents_;
    Keyframes keyframes_;
    std::map<Stream, domain::Mark> scope_marks_;  // last events of scopes, not published yet
    std::shared_ptr<Document> applying_;          // whose state is between two versions
};

}  // namespace skein::projections::history
