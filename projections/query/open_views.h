// OpenViews: Views over generations on disk or in memory, one projector, and L1.
//
// Order of a projected batch: rows written, L1 told, position announced; so whoever waited for a
// position reads it. A reader pins the generation it started with.
// Threads: `project_mutex_` is held by whoever projects or switches; readers never take it.
// Source: design section 6.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/replay/log_states.h"
#include "projections/core/generations.h"
#include "projections/query/generation_view.h"
#include "projections/query/log_tail.h"
#include "projections/query/state_cache.h"
#include "projections/query/views.h"

namespace skein::projections {

class OpenViews final : public Views {
 public:
    OpenViews(const ViewOptions& options, log::EventLog& log, const codec::Codec& codec);
    ~OpenViews() override;

    void start() override;
    void stop() override;
    void catch_up() override;
    Position applied(Shard shard) const override;
    bool wait_for(Shard shard, Position position, std::chrono::milliseconds timeout) override;

    std::shared_ptr<const domain::State> at(const Stream& stream, Version version) const override;
    std::shared_ptr<const domain::State> latest(const Stream& stream) const override;
    std::shared_ptr<const domain::State> document_at(const Stream& stream,
                                                     Position position) const override;
    std::shared_ptr<const domain::State> document_latest(const Stream& stream) const override;
    std::vector<ListItem> list(const ListRequest& request) const override;

    std::vector<ViewStatus> status() const override;
    ViewCounters counters() const override;
    const std::string& lost_events() const override { return lost_events_; }
    void accept_lost_events() override { generations_.accept_lost_events(); }
    const std::string& broken_rows() const override { return broken_rows_; }
    std::string rebuild(AfterRebuild after,
                        const std::function<void(std::uint64_t, std::uint64_t)>& progress) override;
    std::vector<Difference> compare(const std::string& generation_a,
                                    const std::string& generation_b) override;
    void drop(const std::string& generation) override;
    std::vector<RowFailure> verify(const std::optional<Stream>& only,
                                   const std::function<void(std::uint64_t)>& progress) override;
    std::vector<Parked> parked() const override;
    bool replay_parked(std::uint64_t id) override;
    bool drop_parked(std::uint64_t id) override;

 private:
    using Pinned = std::shared_ptr<const GenerationView>;
    using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

    Pinned live() const;
    Pinned open_generation(const std::string& name);
    // A new, empty one; nothing of it stays where it cannot be opened.
    Pinned make_generation();
    history::HistoryOptions history_options() const;
    LogTail tail() const { return {log_, codec_, *this}; }
    bool is_scope_document(const Stream& stream) const;
    std::shared_ptr<const domain::State> cached_latest(const GenerationView& generation,
                                                       const Stream& stream) const;
    std::shared_ptr<const domain::State> version_in(const GenerationView& generation,
                                                    const Stream& stream, Version version) const;
    std::shared_ptr<const domain::State> document_in(const GenerationView& generation,
                                                     const Stream& stream, Position position) const;
    ListItem listed(const GenerationView& generation, const domain::Kind& kind,
                    const Stream& stream) const;
    void note_damage(const Pinned& generation) const;

    // The caller holds project_mutex_ (new_build and build need no lock).
    void adopt(const Pinned& generation);
    bool adopt_existing(const std::string& name);
    BuildRequest new_build(const Progress& progress);
    void build(const BuildRequest& request);
    void switch_to(const Pinned& generation);
    void rebuild_held(const Progress& progress);
    bool is_worth_building_held() const;
    bool replay_scope(const Scope& scope);  // takes project_mutex_
    void keep_dropped_parked(const GenerationView& from, const GenerationView& to) const;
    void catch_up_held();
    bool step_held();
    void mend_held(const Progress& progress);

    void follow();
    bool follow_once();
    void announce(Shard shard, Position position);
    void set_failure(const std::string& what);

    const ViewOptions options_;
    log::EventLog& log_;
    log::EventFeed& feed_;  // what the projector follows
    const codec::Codec& codec_;
    const core::Identity identity_;
    std::string lost_events_;             // constant after construction
    std::string broken_rows_;             // constant after construction
    const replay::LogStates log_states_;  // the last resort where rows are damaged
    mutable StateCache cache_;
    mutable core::Generations generations_;

    mutable std::mutex live_mutex_;
    Pinned live_;  // guarded by live_mutex_

    std::mutex project_mutex_;
    std::unique_ptr<Projection> projection_;  // guarded by project_mutex_

    mutable std::mutex applied_mutex_;
    std::condition_variable applied_grew_;
    std::vector<Position> applied_;  // guarded by applied_mutex_
    std::string failure_;            // guarded by applied_mutex_

    mutable std::atomic<bool> damaged_{false};
    std::atomic<std::uint64_t> rebuilds_{0};
    std::atomic<bool> stopping_{false};
    bool has_begun_ = false;  // owned by thread_
    std::thread thread_;
};

}  // namespace skein::projections
