// What operators ask of the views: how they stand, whether they are right, what is parked.
#include <algorithm>

#include "projections/query/open_views.h"
#include "projections/query/scope_replay.h"
#include "projections/query/verifier.h"
#include "projections/store/keys.h"

namespace skein::projections {

namespace {

// How long views may lag because of a verifier, at least: looking for events costs a seek a shard.
constexpr std::chrono::milliseconds kVerifyStride{50};

std::vector<std::pair<std::string, store::ParkedRow>> parked_rows(const store::ViewStore& rows) {
    std::vector<std::pair<std::string, store::ParkedRow>> found;
    const store::KeyRange range = store::reserved_range(store::KeyKind::kParked);
    rows.scan(range.from, range.to, [&](std::string_view key, std::string_view value) {
        found.emplace_back(std::string(key), store::read_parked(key, value));
        return true;
    });
    return found;
}

// Marks a parked row as taken off the list.
void drop_row(store::ViewStore& rows, const std::string& key, store::ParkedRow row) {
    row.state = store::ParkedState::kDropped;
    const std::unique_ptr<store::RowBatch> batch = rows.make_batch();
    batch->put(key, store::write_parked(row));
    rows.write(*batch, store::Journal::kKept);
}

}  // namespace

std::vector<ViewStatus> OpenViews::status() const {
    std::vector<ViewStatus> all;
    const Pinned current = live();
    std::vector<std::pair<std::string, std::shared_ptr<const store::ViewStore>>> stores{
        {current->name, current->store}};
    for (const std::string& name : generations_.finished())
        stores.emplace_back(name, generations_.open(name));
    for (const auto& [name, rows] : stores) {
        for (std::uint32_t number = 0; number < log_.shard_count(); ++number) {
            const Shard shard(number);
            const store::CheckpointRow row = core::load_checkpoint(*rows, log_, shard);
            const std::uint64_t head = log_.head(shard).position.value();
            const std::uint64_t lag = head - std::min(head, row.position.value());
            all.push_back({"state", name, name == current->name, shard, row.position, lag, row.rows,
                           row.bytes});
        }
    }
    return all;
}

ViewCounters OpenViews::counters() const {
    const StateCache::Counters cache = cache_.counters();
    ViewCounters counters;
    counters.hits = cache.hits;
    counters.misses = cache.misses;
    counters.cached = cache.entries;
    counters.cached_bytes = cache.bytes;
    counters.rebuilds = rebuilds_.load();
    const std::lock_guard lock(applied_mutex_);
    counters.failure = failure_;
    return counters;
}

std::vector<Views::Difference> OpenViews::compare(const std::string& generation_a,
                                                  const std::string& generation_b) {
    const Pinned a = open_generation(generation_a);
    const Pinned b = open_generation(generation_b);
    return compare_generations(*a, *b, log_, codec_);
}

void OpenViews::drop(const std::string& generation) {
    if (generation == live()->name)
        throw Fault(FaultKind::kConfig, "the live generation " + generation + " is not dropped",
                    "Run `skein views rebuild`; it drops the old one.");
    generations_.remove(generation);
}

std::vector<Views::RowFailure> OpenViews::verify(
    const std::optional<Stream>& only, const std::function<void(std::uint64_t)>& progress) {
    // The rows of a scope must not change while they are compared; between scopes this thread does
    // what the projector's would.
    const std::lock_guard project(project_mutex_);
    const Pinned generation = live();
    bool is_projecting = true;
    auto stepped = std::chrono::steady_clock::now();
    const auto between = [&] {
        const auto now = std::chrono::steady_clock::now();
        if (!is_projecting || now - stepped < kVerifyStride) return;
        try {
            stepped = now;
            step_held();
        } catch (const store::ViewDamage&) {
            is_projecting = false;
            damaged_.store(true);
        }
    };
    return Verifier(*generation, log_, codec_).run({only, progress, between});
}

std::vector<Views::Parked> OpenViews::parked() const {
    std::vector<Parked> all;
    for (const auto& [key, row] : parked_rows(*live()->store)) {
        if (row.state == store::ParkedState::kDropped) continue;
        const Stream stream = store::stream_of_reserved(key).value_or(Stream());
        all.push_back({row.id, stream, row.version, row.position, row.code, row.message});
    }
    return all;
}

bool OpenViews::replay_parked(std::uint64_t id) {
    const std::vector<Parked> all = parked();
    const auto entry =
        std::find_if(all.begin(), all.end(), [id](const Parked& each) { return each.id == id; });
    if (entry == all.end()) return false;
    // Of an event whose stream nobody can read, or of no kind, nothing has changed.
    if (entry->stream.empty() || codec_.registry().kind_of(entry->stream) == nullptr) return false;
    try {
        log_states_.at(entry->stream, entry->version);
    } catch (const Fault& fault) {
        if (fault.kind() != FaultKind::kCorruption) throw;
        return false;
    }
    if (!replay_scope(scope_of(entry->stream))) rebuild(AfterRebuild::kSwitch, {});
    return true;
}

// The rows of its scope are made anew in the live generation, and the projector goes on from them.
bool OpenViews::replay_scope(const Scope& scope) {
    const std::lock_guard project(project_mutex_);
    const Pinned generation = live();
    const Shard shard = skein::shard_of(scope, log_.shard_count());
    const Position known = projection_->projector().position(shard);
    ScopeReplay replay({*generation, log_, codec_, history_options()});
    if (!replay.run(scope, known)) return false;
    adopt(generation);
    return true;
}

bool OpenViews::drop_parked(std::uint64_t id) {
    const std::lock_guard project(project_mutex_);
    const Pinned generation = live();
    for (const auto& [key, row] : parked_rows(*generation->store)) {
        if (row.id != id || row.state == store::ParkedState::kDropped) continue;
        drop_row(*generation->store, key, row);
        return true;
    }
    return false;
}

void OpenViews::keep_dropped_parked(const GenerationView& from, const GenerationView& to) const {
    for (const auto& [key, row] : parked_rows(*from.store)) {
        if (row.state != store::ParkedState::kDropped) continue;
        if (to.store->get(key)) drop_row(*to.store, key, row);
    }
}

}  // namespace skein::projections
