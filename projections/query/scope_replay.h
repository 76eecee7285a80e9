// ScopeReplay: all rows of one scope made anew from the log, and put in the place of the old ones.
//
// A stream that was parked is missing from the documents and points of its whole scope, so the
// scope is what is replayed: one contiguous range of rows. The new ones are made in memory and take
// the place of the old in one batch, so a crash leaves the one or the other.
// Threads: one owner, who also holds up the projector. Errors: as log and store.
// Source: design section 6 (poison events).
#pragma once

#include <optional>
#include <set>

#include "engine/codec/codec.h"
#include "engine/log/event_log.h"
#include "projections/history/history_view.h"
#include "projections/query/generation_view.h"
#include "projections/store/memory_view_store.h"

namespace skein::projections {

class ScopeReplay {
 public:
    struct Parts {
        const GenerationView& generation;
        const log::EventLog& log;
        const codec::Codec& codec;
        history::HistoryOptions history;
    };
    explicit ScopeReplay(const Parts& parts);
    ~ScopeReplay();

    // Events of the scope up to `applied`. False, and nothing is changed, where that would take
    // more memory than it may: then the whole generation is built anew.
    bool run(const Scope& scope, Position applied);

 private:
    class Batch;

    std::optional<std::vector<Position>> positions_of(const Scope& scope, Position applied) const;
    void take(const log::EventView& view, Batch& batch);
    void park(const log::EventView& view, const Stream& stream, Version version,
              const core::Refusal& refusal, Batch& batch);
    void replace_rows(const Scope& scope);
    std::optional<store::ParkedRow> parked_before(const std::string& key) const;

    const Parts parts_;
    const std::shared_ptr<store::MemoryViewStore> rows_;
    history::HistoryView view_;
    std::set<Stream> parked_;
};

}  // namespace skein::projections
