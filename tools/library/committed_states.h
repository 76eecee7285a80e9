// CommittedStates: any committed state, from the views where they have it, else from the log.
//
// The runtime decides on these: a view that is behind, or being rebuilt, costs time, never truth.
// Threads: all methods from any thread. Errors: as the sources.
#pragma once

#include "engine/replay/states.h"
#include "projections/query/views.h"

namespace skein {

class CommittedStates final : public replay::States {
 public:
    CommittedStates(const log::EventLog& log, const projections::Views& views,
                    const replay::States& folds)
        : log_(&log), views_(&views), folds_(&folds) {}

    std::shared_ptr<const domain::State> at(const Stream& stream, Version version) const override {
        if (views_->latest(stream)->version() < version) return folds_->at(stream, version);
        return views_->at(stream, version);
    }
    std::shared_ptr<const domain::State> latest(const Stream& stream) const override {
        return views_->latest(stream);
    }
    std::shared_ptr<const domain::State> document_at(const Stream& stream,
                                                     Position position) const override {
        if (views_->applied(log::shard_of(*log_, stream)) < position)
            return folds_->document_at(stream, position);
        return views_->document_at(stream, position);
    }
    std::shared_ptr<const domain::State> document_latest(const Stream& stream) const override {
        return views_->document_latest(stream);
    }

 private:
    const log::EventLog* log_;
    const projections::Views* views_;
    const replay::States* folds_;
};

}  // namespace skein
