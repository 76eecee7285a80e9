// What drives the views: opening, following the log, rebuilding, switching.
#include "projections/query/open_views.h"

#include <algorithm>
#include <utility>

#include "engine/base/fault_codes.h"

namespace skein::projections {

namespace {

constexpr std::uint64_t kStepEvents = 1000;  // of a shard before the next one has its turn
constexpr std::chrono::milliseconds kWaitForLog{500};
constexpr std::chrono::milliseconds kWaitAfterFault{200};  // before a failing disk is tried again

// Ends a build that nobody waits for any more.
struct Stopped {};

CacheClass classify(const Stream& stream) {
    return scope_of(stream).str().size() == stream.str().size() ? CacheClass::kScopes
                                                                : CacheClass::kStreams;
}

}  // namespace

std::unique_ptr<Views> Views::open(const ViewOptions& options, log::EventLog& log,
                                   const codec::Codec& codec) {
    return std::make_unique<OpenViews>(options, log, codec);
}

OpenViews::OpenViews(const ViewOptions& options, log::EventLog& log, const codec::Codec& codec)
    : options_(options),
      log_(log),
      feed_(options.feed == nullptr ? log : *options.feed),
      codec_(codec),
      identity_(core::identity_of(log, codec)),
      log_states_(log, codec, replay::Snapshots::kIgnore),
      cache_({options.state_cache_bytes, {options.swarm_cache_entries, options.run_cache_entries}},
             classify),
      generations_(options.directory, options.block_cache_bytes, options.files),
      applied_(log.shard_count()) {
    const std::lock_guard project(project_mutex_);
    lost_events_ = generations_.lost_events();
    const std::optional<std::string> current = generations_.live();
    if (current && adopt_existing(*current)) return;
    const Pinned generation = make_generation();
    generations_.make_live(generation->name);
    adopt(generation);
    if (current) generations_.remove(*current);
}

// False where the generation must not be believed beside this log.
bool OpenViews::adopt_existing(const std::string& name) {
    try {
        const Pinned generation = open_generation(name);
        if (const auto mismatch = core::find_mismatch(*generation->store, log_, identity_)) {
            if (mismatch->of == core::Mismatch::Of::kLog) {
                lost_events_ = mismatch->what;
                generations_.note_lost_events(lost_events_);
            }
            return false;
        }
        adopt(generation);
        return true;
    } catch (const store::ViewDamage& damage) {
        broken_rows_ = damage.what();
        rebuilds_.fetch_add(1);
        return false;
    }
}

OpenViews::~OpenViews() { OpenViews::stop(); }

OpenViews::Pinned OpenViews::live() const {
    const std::lock_guard lock(live_mutex_);
    return live_;
}

OpenViews::Pinned OpenViews::open_generation(const std::string& name) {
    return std::make_shared<const GenerationView>(name, generations_.open(name), codec_,
                                                  log_.shard_count());
}

OpenViews::Pinned OpenViews::make_generation() {
    const std::string name = generations_.make();
    try {
        return open_generation(name);
    } catch (...) {
        generations_.remove(name);
        throw;
    }
}

history::HistoryOptions OpenViews::history_options() const {
    history::HistoryOptions options;
    options.keyframes.fraction = options_.keyframe_fraction;
    return options;
}

// Readers and the projector go on with this generation.
void OpenViews::adopt(const Pinned& generation) {
    Projection::Options options;
    options.history = history_options();
    options.projector.identity = identity_;
    options.projector.feed = &feed_;
    options.projector.on_written = [this](Shard shard, Position position) {
        announce(shard, position);
    };
    options.readers = &cache_;
    projection_ = std::make_unique<Projection>(generation, log_, codec_, std::move(options));
    {
        const std::lock_guard lock(live_mutex_);
        live_ = generation;
    }
    cache_.clear();
    damaged_.store(false);
    for (std::uint32_t shard = 0; shard < log_.shard_count(); ++shard)
        announce(Shard(shard), projection_->projector().position(Shard(shard)));
}

void OpenViews::announce(Shard shard, Position position) {
    const std::lock_guard lock(applied_mutex_);
    applied_[shard.value()] = position;
    applied_grew_.notify_all();
}

void OpenViews::set_failure(const std::string& what) {
    const std::lock_guard lock(applied_mutex_);
    failure_ = what;
}

// A reader met broken rows: the projector replaces the generation, if it is still the live one.
void OpenViews::note_damage(const Pinned& generation) const {
    if (generation != live()) return;
    damaged_.store(true);
    feed_.interrupt_waiters();
}

void OpenViews::start() {
    if (thread_.joinable()) return;
    stopping_.store(false);
    thread_ = std::thread([this] { follow(); });
}

void OpenViews::stop() {
    stopping_.store(true);
    if (!thread_.joinable()) return;
    feed_.interrupt_waiters();
    thread_.join();
}

// The projector thread: nothing that it meets may end it but stop().
void OpenViews::follow() {
    while (!stopping_.load()) {
        try {
            const bool worked = follow_once();
            set_failure({});
            if (worked || stopping_.load()) continue;
            std::vector<Position> known;
            {
                const std::lock_guard lock(applied_mutex_);
                known = applied_;
            }
            feed_.wait_for_growth(known, kWaitForLog);
        } catch (const Stopped&) {
            return;
        } catch (const store::ViewDamage& damage) {
            set_failure(damage.what());
            damaged_.store(true);
        } catch (const std::exception& failure) {
            set_failure(failure.what());
            std::unique_lock lock(applied_mutex_);
            applied_grew_.wait_for(lock, kWaitAfterFault, [this] { return stopping_.load(); });
        }
    }
}

bool OpenViews::follow_once() {
    const Progress go_on = [this](std::uint64_t, std::uint64_t) {
        if (stopping_.load()) throw Stopped();
    };
    const std::lock_guard project(project_mutex_);
    mend_held(go_on);
    if (!std::exchange(has_begun_, true) && is_worth_building_held()) rebuild_held(go_on);
    return step_held();
}

// A damaged generation is replaced by one that is built anew.
void OpenViews::mend_held(const Progress& progress) {
    if (!damaged_.load()) return;
    rebuilds_.fetch_add(1);
    rebuild_held(progress);
}

// Nothing is there yet, and much is to come.
bool OpenViews::is_worth_building_held() const {
    std::uint64_t total = 0;
    for (std::uint32_t shard = 0; shard < log_.shard_count(); ++shard) {
        if (projection_->projector().position(Shard(shard)).value() > 0) return false;
        total += log_.head(Shard(shard)).position.value();
    }
    return total >= options_.build_events_min;
}

// Each shard that has grown in turn; whether there was anything to do.
bool OpenViews::step_held() {
    core::Projector& projector = projection_->projector();
    bool worked = false;
    for (std::uint32_t s = 0; s < log_.shard_count() && !stopping_.load(); ++s) {
        const Shard shard(s);
        if (feed_.grown_to(shard) > projector.position(shard) &&
            projector.advance(shard, kStepEvents) > 0)
            worked = true;
    }
    return projection_->projector().work() || worked;
}

void OpenViews::catch_up() {
    const std::lock_guard project(project_mutex_);
    try {
        mend_held({});
        catch_up_held();
    } catch (const store::ViewDamage&) {
        damaged_.store(true);
        mend_held({});
        catch_up_held();
    }
}

void OpenViews::catch_up_held() {
    const std::vector<Position> heads = heads_of(log_);
    if (is_worth_building_held()) rebuild_held({});
    for (std::uint32_t shard = 0; shard < heads.size(); ++shard) {
        core::Projector& current = projection_->projector();
        while (current.position(Shard(shard)) < heads[shard])
            if (current.advance(Shard(shard), kStepEvents) == 0) break;
    }
    while (projection_->projector().work()) continue;
}

Position OpenViews::applied(Shard shard) const {
    const std::lock_guard lock(applied_mutex_);
    return applied_.at(shard.value());
}

bool OpenViews::wait_for(Shard shard, Position position, std::chrono::milliseconds timeout) {
    std::unique_lock lock(applied_mutex_);
    return applied_grew_.wait_for(lock, timeout,
                                  [&] { return applied_.at(shard.value()) >= position; });
}

BuildRequest OpenViews::new_build(const Progress& progress) {
    return {make_generation(), history_options(), identity_, heads_of(log_), &feed_, progress};
}

void OpenViews::build(const BuildRequest& request) {
    try {
        build_generation(request, log_, codec_);
    } catch (const store::ViewDamage& damage) {
        // Nothing can be wrong yet with what is just being written but the disk.
        generations_.remove(request.generation->name);
        const bool is_full = &damage.code() == &fault_codes::kDiskFull;
        throw Fault(is_full ? fault_codes::kDiskFull : code_of(FaultKind::kUnavailable),
                    damage.what(), "Free space on the disk of the view directory, or check it.");
    } catch (...) {
        generations_.remove(request.generation->name);
        throw;
    }
}

void OpenViews::switch_to(const Pinned& generation) {
    const Pinned old = live();
    try {
        keep_dropped_parked(*old, *generation);
    } catch (const store::ViewDamage&) {
        // What the operator had taken off the list is listed again: no worse than that.
        set_failure("the list of parked events could not be read");
    }
    try {
        generations_.make_live(generation->name);
    } catch (...) {
        generations_.remove(generation->name);
        throw;
    }
    adopt(generation);
    generations_.remove(old->name);
}

void OpenViews::rebuild_held(const Progress& progress) {
    const BuildRequest request = new_build(progress);
    build(request);
    switch_to(request.generation);
}

std::string OpenViews::rebuild(AfterRebuild after, const Progress& progress) {
    // The long part goes beside the projector; only what was appended meanwhile holds it up.
    BuildRequest request = new_build(progress);
    build(request);
    const std::string& name = request.generation->name;
    if (after == AfterRebuild::kKeepBoth) {
        generations_.mark_finished(name);
        return name;
    }
    const std::lock_guard project(project_mutex_);
    request.heads = heads_of(log_);
    request.progress = {};
    build(request);
    switch_to(request.generation);
    return name;
}

}  // namespace skein::projections
