#include "engine/runtime/round.h"

#include <fmt/format.h>

#include <utility>

#include "engine/base/check.h"
#include "engine/codec/envelope.h"
#include "engine/domain/codes.h"
#include "engine/replay/log_states.h"
#include "engine/replay/resolve.h"

namespace skein::runtime {

// What one decision sees: the round's states where it has them, history else. A question that only
// the log could answer while the round holds events of the shard sets needs_append().
class Round::RoundScene final : public domain::Scene {
 public:
    RoundScene(Round& round, ShardWork& work, const domain::Command& command, Timestamp now)
        : round_(&round), work_(&work), command_(&command), now_(now) {
        target_ = round.state_of(work, command.stream);
    }

    bool needs_append() const { return needs_append_; }

    const domain::State& target() const override { return *target_; }
    std::optional<Version> expected_version() const override { return command_->expected_version; }
    std::shared_ptr<const domain::State> current(const Stream& stream) const override {
        await_shard_of(stream);
        return round_->state_of(*work_, stream);
    }
    const domain::Limits& limits() const override { return *round_->sources_.limits; }
    Timestamp now() const override { return now_; }

    std::shared_ptr<const domain::State> at(const Stream& stream, Version version) const override {
        await_shard_of(stream);
        const std::shared_ptr<domain::State> newest = round_->state_of(*work_, stream);
        if (newest->version() == version) return newest->clone();
        if (version > committed(stream)) {
            needs_append_ = true;
            return newest->clone();
        }
        return round_->sources_.history->at(stream, version);
    }

    Result<Version, domain::Rejection> resolve(const Stream& stream,
                                               std::string_view text) const override {
        Result<replay::Point, domain::Rejection> point = replay::parse_point(text);
        if (!point) return fail(point.error());
        await_shard_of(stream);
        const std::shared_ptr<domain::State> newest = round_->state_of(*work_, stream);
        if (replay::is_answered_by_state(*point))
            return checked(replay::resolve_in_state(*newest, *point), stream, *newest);
        if (work_->batch || round_->is_in_the_air(log::shard_of(*round_->sources_.log, stream))) {
            needs_append_ = true;
            return newest->version();
        }
        const replay::ResolveSources sources{round_->sources_.log, round_->sources_.codec,
                                             round_->sources_.history, now_};
        return replay::resolve_version(sources, stream, *point);
    }

 private:
    // A stream of another shard is seen as it is committed: what this round, or the one before,
    // holds of that shard comes first.
    void await_shard_of(const Stream& stream) const {
        const Shard shard = log::shard_of(*round_->sources_.log, stream);
        const auto other = round_->works_.find(shard);
        if (other != round_->works_.end() && &other->second == work_) return;
        if (round_->has_events_of(shard) || round_->is_in_the_air(shard)) needs_append_ = true;
    }
    Version committed(const Stream& stream) const {
        const auto found = work_->committed.find(stream);
        return found == work_->committed.end() ? Version() : found->second;
    }
    // A version between what is committed and what is newest exists only within this round.
    Result<Version, domain::Rejection> checked(Result<Version, domain::Rejection> version,
                                               const Stream& stream,
                                               const domain::State& newest) const {
        if (version && *version > committed(stream) && *version != newest.version())
            needs_append_ = true;
        return version;
    }

    Round* round_;
    ShardWork* work_;
    const domain::Command* command_;
    Timestamp now_;
    std::shared_ptr<domain::State> target_;
    mutable bool needs_append_ = false;
};

Round::Round(const RoundSources& sources, Timestamp now, Round* before)
    : sources_(sources), now_(now), before_(before) {}

bool Round::has_events_of(Shard shard) const {
    const auto work = works_.find(shard);
    return work != works_.end() && work->second.batch;
}

void Round::confirm_heads() {
    for (const Decision& decision : decisions_) batch_of(works_.at(decision.shard), decision.shard);
}

Round::ShardWork& Round::work_of(Shard shard, const std::map<Shard, ShardEnd>& ends) {
    const auto found = works_.find(shard);
    if (found != works_.end()) return found->second;
    ShardWork work;
    work.shard = shard;
    if (is_in_the_air(shard)) {
        work.end = before_->works_.at(shard).end;
    } else {
        const auto end = ends.find(shard);
        SKEIN_CHECK(end != ends.end(), "the end of shard {} is not known", shard.value());
        work.end = end->second;
    }
    return works_.emplace(shard, std::move(work)).first->second;
}

// Gives a state of `shard` to the round that rests on this one, which changes it further.
std::optional<Round::Loaded> Round::hand_over(Shard shard, const Stream& stream) {
    const auto work = works_.find(shard);
    if (work == works_.end() || log::shard_of(*sources_.log, stream) != shard) return std::nullopt;
    auto node = work->second.states.extract(stream);
    if (node.empty()) return std::nullopt;
    return Loaded{std::move(node.mapped()), work->second.committed.at(stream)};
}

Round::Loaded Round::load(Shard for_shard, const Stream& stream) {
    if (before_ != nullptr) {
        if (std::optional<Loaded> handed = before_->hand_over(for_shard, stream))
            return *std::move(handed);
    }
    if (std::shared_ptr<domain::State> cached = sources_.cache->take(stream)) {
        const Version version = cached->version();
        return {std::move(cached), version};
    }
    // A source may be behind the log: what it lacks is folded on top.
    std::shared_ptr<domain::State> state = sources_.history->latest(stream)->clone();
    sources_.log->scan_stream(stream, state->version(), [&](const log::EventView& view) {
        state->apply(replay::decode_stored(view, *sources_.codec), *sources_.history);
        return true;
    });
    return {state, state->version()};
}

std::shared_ptr<domain::State> Round::state_of(ShardWork& work, const Stream& stream) {
    const auto found = work.states.find(stream);
    if (found != work.states.end()) return found->second;
    Loaded loaded = load(work.shard, stream);
    work.committed.emplace(stream, loaded.committed);
    work.states.emplace(stream, loaded.state);
    return loaded.state;
}

bool Round::seen_before(const ShardWork& work, const domain::Command& command) const {
    if (!work.batch) return false;
    const Scope scope = scope_of(command.stream);
    for (const log::BatchCommand& earlier : batches_[*work.batch].commands) {
        if (earlier.command_id == command.id && earlier.scope == scope) return true;
    }
    return false;
}

Take Round::take(const domain::Command& command, const std::map<Shard, ShardEnd>& ends,
                 Wanted wanted) {
    const Shard shard = log::shard_of(*sources_.log, command.stream);
    ShardWork& work = work_of(shard, ends);
    if (work.closed || seen_before(work, command)) {
        work.closed = true;
        return Take::kNextRound;
    }
    const Timestamp time = std::max(now_, work.end.recorded_at);
    Outcome outcome;
    outcome.command_id = command.id;
    {
        RoundScene scene(*this, work, command, time);
        Result<domain::NewEvents, domain::Rejection> decision = command.body->decide(scene);
        if (scene.needs_append()) {
            work.closed = true;
            return Take::kNextRound;
        }
        if (decision) {
            if (wanted == Wanted::kRejections) return Take::kNextRound;
            outcome.kind = OutcomeKind::kAccepted;
            if (auto refused = append_events(work, command, *decision, outcome))
                outcome = rejected(command.id, std::move(*refused));
        } else {
            outcome = rejected(command.id, std::move(decision.error()));
        }
    }
    decisions_.push_back({&command, shard, std::move(outcome)});
    return Take::kDecided;
}

void Round::move_intake(const log::IntakePoint& point) {
    const Decision& last = decisions_.back();
    SKEIN_CHECK(last.outcome.kind == OutcomeKind::kAccepted, "a refusal moves no intake");
    const ShardWork& work = works_.at(last.shard);
    batches_[*work.batch].intake = point;
}

Preview Round::preview(const domain::Command& command, const std::map<Shard, ShardEnd>& ends) {
    SKEIN_CHECK(decisions_.empty(), "a preview sees the committed states alone");
    const Shard shard = log::shard_of(*sources_.log, command.stream);
    ShardWork& work = work_of(shard, ends);
    Preview preview;
    {
        const RoundScene scene(*this, work, command, std::max(now_, work.end.recorded_at));
        Result<domain::NewEvents, domain::Rejection> decision = command.body->decide(scene);
        if (!decision) {
            preview.outcome = rejected(command.id, std::move(decision.error()));
        } else {
            preview.outcome.kind = OutcomeKind::kAccepted;
            preview.outcome.command_id = command.id;
            for (const domain::NewEvent& event : *decision)
                preview.outcome.events.push_back({event.stream, Version(), shard, Position()});
            preview.events = std::move(*decision);
        }
    }
    commit(shard);
    return preview;
}

// The next event of a draft: its place, time and bytes after `draft.end`, which moves on to it.
std::optional<domain::Rejection> Round::draft_event(ShardWork& work, const domain::Command& command,
                                                    const domain::NewEvent& event, Draft& draft) {
    domain::Event full;
    full.body = event.body;
    domain::EventMeta& meta = full.meta;
    meta.stream = event.stream;
    meta.version = state_of(work, event.stream)->version().next();
    for (const domain::Event& earlier : draft.events) {
        if (earlier.meta.stream == event.stream) meta.version = earlier.meta.version.next();
    }
    meta.shard = draft.shard;
    meta.position = draft.end.head.position.next();
    meta.recorded_at = draft.end.recorded_at;
    meta.event_id =
        make_event_id(meta.recorded_at.us / 1000, sources_.store_bits, meta.shard, meta.position);
    meta.occurred_at = command.occurred_at;
    meta.command_id = command.id;
    meta.causation_id = command.causation_id;
    meta.correlation_id = command.correlation_id;
    meta.epoch = draft.end.head.epoch;
    meta.actor = command.actor;
    meta.reason = command.reason;
    meta.traceparent = command.traceparent;

    log::BatchEvent row;
    row.stream = event.stream;
    row.version = meta.version;
    row.bytes = codec::encode_event(full, draft.end.head.hash, *sources_.codec);
    const std::size_t bytes_max = sources_.limits->event_bytes_max;
    if (row.bytes.size() > bytes_max)
        return domain::reject(domain::codes::kEventTooLarge,
                              fmt::format("the {} would take {} bytes; an event may have {}",
                                          event.body->type().name, row.bytes.size(), bytes_max));
    row.hash = codec::chain_next(draft.shard, meta.position, draft.end.head.hash, row.bytes);
    draft.end.head = {meta.position, row.hash, draft.end.head.epoch};
    draft.rows.push_back(std::move(row));
    draft.events.push_back(std::move(full));
    return std::nullopt;
}

// The batch of a shard, begun where it has none yet.
log::Batch& Round::batch_of(ShardWork& work, Shard shard) {
    if (!work.batch) {
        work.batch = batches_.size();
        log::Batch batch;
        batch.shard = shard;
        batch.epoch = work.end.head.epoch;
        batch.expected_head = work.end.head.position;
        batches_.push_back(std::move(batch));
        contributors_.emplace_back();
    }
    return batches_[*work.batch];
}

std::optional<domain::Rejection> Round::append_events(ShardWork& work,
                                                      const domain::Command& command,
                                                      const domain::NewEvents& events,
                                                      Outcome& outcome) {
    SKEIN_CHECK(!events.empty(), "an accepted {} made no event", command.spec->type);
    Draft draft;
    draft.shard = log::shard_of(*sources_.log, command.stream);
    draft.end = work.end;
    draft.end.recorded_at = std::max(now_, work.end.recorded_at);
    for (const domain::NewEvent& event : events) {
        if (auto refused = draft_event(work, command, event, draft)) return refused;
    }
    log::Batch& batch = batch_of(work, draft.shard);
    batch.commands.push_back({command.id, scope_of(command.stream),
                              blake2b_256_keyed(sources_.log->info().secret, command.content),
                              static_cast<std::uint32_t>(draft.rows.size())});
    contributors_[*work.batch].push_back(decisions_.size());
    for (log::BatchEvent& row : draft.rows) {
        bytes_ += row.bytes.size();
        batch.events.push_back(std::move(row));
    }
    work.end = draft.end;
    const RoundScene past(*this, work, command, draft.end.recorded_at);
    for (const domain::Event& event : draft.events) {
        const domain::EventMeta& meta = event.meta;
        outcome.events.push_back({meta.stream, meta.version, meta.shard, meta.position});
        state_of(work, meta.stream)->apply(event, past);
    }
    return std::nullopt;
}

ShardEnd Round::commit(Shard shard) {
    ShardWork& work = works_.at(shard);
    for (auto& [stream, state] : work.states) {
        // A state of another shard was only looked at: that shard may have moved on in this round.
        if (!state->exists() || log::shard_of(*sources_.log, stream) != shard) continue;
        const Version before = work.committed.at(stream);
        if (sources_.snapshots != nullptr && state->version() > before)
            sources_.snapshots->offer(*state, before);
        sources_.cache->put(std::move(state));
    }
    work.states.clear();
    return work.end;
}

}  // namespace skein::runtime
