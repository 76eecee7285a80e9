#include "engine/runtime/runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <semaphore>
#include <set>
#include <utility>

#include "engine/base/crash_point.h"
#include "engine/base/fault_codes.h"
#include "engine/codec/envelope.h"
#include "engine/domain/codes.h"
#include "engine/replay/log_states.h"

namespace skein::runtime {

Runtime::Runtime(const Parts& parts, const RuntimeOptions& options)
    : parts_(parts),
      options_(options),
      store_bits_(static_cast<std::uint16_t>(xxh3_64(parts.log->info().store_id.view()) & 0x0fff)),
      cache_(options.state_cache_entries, options.state_cache_bytes),
      snapshotter_(*parts.log, *parts.codec) {
    if (parts.log->has_other_writers())
        appender_.emplace([this](const Round& round) { return append(round); },
                          [this] {
                              { const std::lock_guard lock(mutex_); }  // not between look and wait
                              work_or_stop_.notify_all();
                          });
    executor_ = std::thread([this] { run_executor(); });
}

Runtime::Cohort::Cohort(const RoundSources& sources, Timestamp now, Cohort* before)
    : round(sources, now, before == nullptr ? nullptr : &before->round) {
    if (before == nullptr) return;
    held = before->held;
    rejected_only = before->rejected_only;
}

Runtime::~Runtime() { stop(); }

void Runtime::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    work_or_stop_.notify_all();
    if (executor_.joinable()) executor_.join();
    std::unique_lock lock(mutex_);
    led_out_.wait(lock, [this] { return !is_led_; });
}

RuntimeCounters Runtime::counters() const {
    return {rounds_.load(), commands_.load(), events_.load()};
}

Result<domain::Command, domain::Rejection> Runtime::parse(const json::Value& document) {
    return parse(document, parts_.random->uuid());
}

Result<domain::Command, domain::Rejection> Runtime::parse(const json::Value& document,
                                                          const Uuid& fallback_id) const {
    return domain::parse_command(document, parts_.codec->registry(), options_.limits, fallback_id);
}

std::optional<domain::Rejection> Runtime::enqueue(std::unique_ptr<Pending>& pending) {
    if (is_stopping_) return domain::reject(domain::codes::kClosed, "the store was closed");
    if (queue_.size() >= options_.queue_commands_max)
        return domain::reject(domain::codes::kOverloaded, "the queue of waiting commands is full");
    queue_.push_back(std::move(pending));
    return std::nullopt;
}

// After a command was queued: whether the executor has to hear of it.
bool Runtime::is_worth_waking() const {
    return !is_led_ || (is_awaiting_many_ && queue_.size() == options_.overlap_commands_min);
}

void Runtime::collect(Work& work, std::size_t count_max) {
    while (!queue_.empty() && work.size() < count_max) {
        work.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
}

Outcome Runtime::submit(domain::Command command, Deadline deadline) {
    struct Waiter {
        std::binary_semaphore answered{0};
        Outcome outcome;
    };
    // Shared with the callback: after a deadline the round may still answer.
    const auto waiter = std::make_shared<Waiter>();
    const Uuid id = command.id;
    auto pending = std::make_unique<Pending>();
    pending->command = std::move(command);
    pending->done = [waiter](Outcome outcome) {
        waiter->outcome = std::move(outcome);
        waiter->answered.release();
    };
    bool leads = false;
    bool wakes = false;
    {
        const std::lock_guard lock(mutex_);
        if (auto refusal = enqueue(pending)) return rejected(id, *std::move(refusal));
        // A caller with a deadline must not be held by a slow disk, so it never runs a round.
        leads = !is_led_ && !deadline;
        wakes = is_worth_waking();
        is_led_ = is_led_ || leads;
    }
    if (leads) {
        lead();
    } else if (wakes) {
        work_or_stop_.notify_one();
    }
    if (!deadline) {
        waiter->answered.acquire();
    } else if (!waiter->answered.try_acquire_until(*deadline)) {
        return unknown(id,
                       "the deadline passed before the answer; send again with this command_id");
    }
    return std::move(waiter->outcome);
}

void Runtime::submit_async(domain::Command command, Callback done,
                           std::shared_ptr<Sequence> sequence) {
    auto pending = std::make_unique<Pending>();
    pending->command = std::move(command);
    pending->done = std::move(done);
    pending->sequence = std::move(sequence);
    std::optional<domain::Rejection> refusal;
    bool wakes = false;
    {
        const std::lock_guard lock(mutex_);
        refusal = enqueue(pending);
        wakes = is_worth_waking();
    }
    if (refusal) return pending->done(rejected(pending->command.id, *std::move(refusal)));
    if (wakes) work_or_stop_.notify_one();
}

bool Runtime::submit_taken(domain::Command command, Callback done, IntakePlace place) {
    auto pending = std::make_unique<Pending>();
    pending->command = std::move(command);
    pending->done = std::move(done);
    pending->sequence = {place.term, &place.term->sequence};
    pending->place = std::move(place);
    bool wakes = false;
    {
        const std::lock_guard lock(mutex_);
        if (enqueue(pending)) return false;
        wakes = is_worth_waking();
    }
    if (wakes) work_or_stop_.notify_one();
    return true;
}

std::optional<Outcome> Runtime::known_outcome(const domain::Command& command) {
    const auto receipt = parts_.log->find_receipt(scope_of(command.stream), command.id);
    if (!receipt) return std::nullopt;
    return repeated(command, log::shard_of(*parts_.log, command.stream), *receipt);
}

void Runtime::run_executor() {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            work_or_stop_.wait(lock,
                               [this] { return !is_led_ && (is_stopping_ || !queue_.empty()); });
            if (queue_.empty()) return;  // stopping, and all were answered
            is_led_ = true;
        }
        if (appender_) {
            lead_overlapped();
        } else {
            lead();
        }
    }
}

void Runtime::answer(Answers& answers) {
    commands_.fetch_add(answers.size());
    for (auto& [pending, outcome] : answers) pending->done(std::move(outcome));
    answers.clear();
}

// One round, and the answers. Work that the round left over runs in the next one, before what came
// later. A blocking caller leads one round only; the rest is the executor thread's.
void Runtime::lead() {
    Work work;
    const bool is_executor = std::this_thread::get_id() == executor_.get_id();
    bool has_heirs = false;  // a thread woken for nothing costs a lone producer a tenth of its wait
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            collect(work, options_.round_commands_max);
        }
        Answers answers;
        work = run_round(std::move(work), answers);
        answer(answers);
        const std::lock_guard lock(mutex_);
        if (!work.empty()) continue;
        if (is_executor && !queue_.empty()) continue;
        is_led_ = false;
        has_heirs = is_stopping_ || !queue_.empty();
        break;
    }
    led_out_.notify_all();
    if (has_heirs) work_or_stop_.notify_one();
}

// As lead(), but the next round is decided while one is being appended.
void Runtime::lead_overlapped() {
    std::unique_ptr<Cohort> under_way;  // being appended
    std::unique_ptr<Cohort> next;       // rests on what that one will leave
    Work work;                          // comes before what waits in the queue
    Answers answers;
    while (true) {
        if (under_way && appender_->is_done()) work = land(under_way, next, answers);
        if (!under_way && next) work = take_off(next, under_way, answers);
        answer(answers);
        {
            std::unique_lock lock(mutex_);
            const std::size_t taken = next ? next->taken.size() + next->later.size() : 0;
            const std::size_t room =
                options_.round_commands_max - std::min(options_.round_commands_max, taken);
            if (under_way && work.empty() && await_many(lock, room)) continue;
            // In parts, so that a round that is done does not wait for a long one to be decided.
            collect(work,
                    std::max(work.size(),
                             under_way ? std::min(room, options_.overlap_commands_min) : room));
            if (!under_way && work.empty()) {
                is_led_ = false;
                break;
            }
        }
        if (!under_way && work.size() < options_.overlap_commands_min) {
            // Too few to be worth another thread.
            work = run_round(std::move(work), answers);
            continue;
        }
        if (!next) next = std::make_unique<Cohort>(sources(), parts_.clock->now(), under_way.get());
        try {
            decide(*next, work, answers);
        } catch (const Fault& fault) {
            refuse(fault, {&next->taken, &work, &next->later}, answers);
            next.reset();
            // What it changed of the states is right again once the round before is through.
            if (under_way) appender_->wait();
        }
        work.clear();
    }
    led_out_.notify_all();
}

// While a round is being appended: until it is done (true), or enough commands wait to be worth
// deciding, as long as there is room for any.
bool Runtime::await_many(std::unique_lock<std::mutex>& lock, std::size_t room) {
    is_awaiting_many_ = room > 0;
    work_or_stop_.wait(lock, [&] {
        return appender_->is_done() || (room > 0 && queue_.size() >= options_.overlap_commands_min);
    });
    is_awaiting_many_ = false;
    return appender_->is_done();
}

// Begins the append of `next`, which rests on the log; what it put off has to be decided now. Where
// it has nothing to append there is nothing to wait for: it is through.
Runtime::Work Runtime::take_off(std::unique_ptr<Cohort>& next, std::unique_ptr<Cohort>& under_way,
                                Answers& answers) {
    next->round.confirm_heads();
    Work put_off = std::move(next->later);
    if (next->round.has_batches()) {
        under_way = std::move(next);
        appender_->begin(under_way->round);
    } else {
        settle(*next, {}, answers);
        next.reset();
    }
    return put_off;
}

// The end of a round: its answers, and what has to be decided now. `next` follows where the round
// was appended as it was decided, before any answer is made, so that the log does not wait for
// that; otherwise it is given up, and decided again.
Runtime::Work Runtime::land(std::unique_ptr<Cohort>& under_way, std::unique_ptr<Cohort>& next,
                            Answers& answers) {
    const std::unique_ptr<Cohort> landed = std::move(under_way);
    Work work;
    try {
        std::vector<log::AppendResult> results = appender_->take();
        const bool is_as_decided =
            std::all_of(results.begin(), results.end(), [](const log::AppendResult& result) {
                return result.outcome == log::BatchOutcome::kAppended;
            });
        if (next && is_as_decided) {
            next->round.rest_on_log();
            if (next->round.size() > 0) work = take_off(next, under_way, answers);
        }
        for (std::unique_ptr<Pending>& pending : settle(*landed, std::move(results), answers))
            work.push_back(std::move(pending));
        if (is_as_decided) return work;
    } catch (const Fault& fault) {
        refuse(fault, {&landed->taken}, answers);
    }
    if (!next) return work;
    for (Work* const part : {&next->taken, &next->later})
        for (std::unique_ptr<Pending>& pending : *part) work.push_back(std::move(pending));
    next.reset();
    return work;
}

RoundSources Runtime::sources() {
    return {parts_.log, parts_.codec, parts_.history, &options_.limits,
            &cache_,    store_bits_,  &snapshotter_};
}

// The end of a shard as the log has it, with the time of its last event.
void Runtime::learn_end(Shard shard) {
    if (ends_.contains(shard)) return;
    ShardEnd end;
    end.head = parts_.log->head(shard);
    if (end.head.position.value() > 0) {
        const auto stored = parts_.log->read(shard, end.head.position);
        const auto head =
            stored ? codec::decode_head(stored->bytes) : fail(codec::CodecError{"it is missing"});
        if (!head)
            throw Fault(FaultKind::kCorruption,
                        fmt::format("the last event of shard {} cannot be read: {}", shard.value(),
                                    head.error().what),
                        "Run `skein verify --all`, then restore the log from a backup.");
        end.recorded_at = head->recorded_at;
    }
    ends_.emplace(shard, end);
}

// A command that came under an epoch which is not the shard's (any more): where the epoch that is
// kept here is the older one, it is learnt anew.
bool Runtime::is_of_other_term(const Pending& pending) {
    if (!pending.place) return false;
    const Shard shard = log::shard_of(*parts_.log, pending.command.stream);
    const Epoch epoch = pending.place->term->epoch;
    if (ends_.at(shard).head.epoch == epoch) return false;
    ends_.erase(shard);
    learn_end(shard);
    return ends_.at(shard).head.epoch != epoch;
}

// Decides one command; an outcome where that could not be. What is broken in its shard alone is no
// trouble of the others.
Runtime::Tried Runtime::try_take(Round& round, const Pending& pending, Wanted wanted) {
    const std::size_t bytes_before = round.bytes();
    try {
        learn_end(log::shard_of(*parts_.log, pending.command.stream));
        if (is_of_other_term(pending))
            return {{}, unknown(pending.command.id, "not tried: its shard is not ours any more")};
        return {round.take(pending.command, ends_, wanted), std::nullopt};
    } catch (const Fault& fault) {
        const bool is_decided_in_part = round.bytes() != bytes_before;
        if (fault.kind() != FaultKind::kCorruption || is_decided_in_part) throw;
        return {{},
                unavailable(pending, &fault.code(),
                            fmt::format("its shard cannot be read: {}", fault.what()))};
    }
}

// Takes `work` into the cohort; what cannot be decided at all is answered.
void Runtime::decide(Cohort& cohort, Work& work, Answers& answers) {
    Round& round = cohort.round;
    for (std::unique_ptr<Pending>& pending : work) {
        const Sequence* sequence = pending->sequence.get();
        if (sequence != nullptr && sequence->is_stopped) {
            Outcome outcome =
                unknown(pending->command.id, "not tried: an earlier command was rejected");
            answers.emplace_back(std::move(pending), std::move(outcome));
            continue;
        }
        if (cohort.held.contains(sequence) || round.bytes() >= options_.round_bytes_max) {
            if (sequence != nullptr) cohort.held.insert(sequence);
            cohort.later.push_back(std::move(pending));
            continue;
        }
        const Wanted wanted =
            cohort.rejected_only.contains(sequence) ? Wanted::kRejections : Wanted::kAny;
        Tried tried = try_take(round, *pending, wanted);
        if (tried.outcome) {
            if (pending->sequence) pending->sequence->is_stopped = true;
            answers.emplace_back(std::move(pending), std::move(*tried.outcome));
            continue;
        }
        if (tried.take == Take::kNextRound) {
            if (sequence != nullptr) cohort.held.insert(sequence);
            cohort.later.push_back(std::move(pending));
            continue;
        }
        const bool is_accepted = round.outcome(round.size() - 1).kind == OutcomeKind::kAccepted;
        if (sequence != nullptr && !is_accepted)
            (pending->place ? cohort.rejected_only : cohort.held).insert(sequence);
        if (pending->place && is_accepted)
            round.move_intake({pending->place->offset + 1, pending->place->term->told.load(),
                               pending->place->mark});
        cohort.taken.push_back(std::move(pending));
    }
}

// Decides and appends; returns what has to be decided in a later round, in order.
Runtime::Work Runtime::run_round(Work work, Answers& answers) {
    Cohort cohort(sources(), parts_.clock->now(), nullptr);
    try {
        decide(cohort, work, answers);
        if (parts_.log->has_other_writers()) cohort.round.confirm_heads();
        Work again = settle(cohort, append(cohort.round), answers);
        for (std::unique_ptr<Pending>& pending : cohort.later) again.push_back(std::move(pending));
        return again;
    } catch (const Fault& fault) {
        refuse(fault, {&cohort.taken, &work, &cohort.later}, answers);
        return {};
    }
}

// Nothing of these is written, since append throws before it writes: all are answered.
void Runtime::refuse(const Fault& fault, const std::vector<Work*>& parts, Answers& answers) {
    cache_.clear();
    ends_.clear();
    const std::string why = fmt::format("the log cannot be used: {}", fault.what());
    for (Work* const part : parts) {
        for (std::unique_ptr<Pending>& pending : *part) {
            if (!pending) continue;
            // What waits in the queue behind it must not overtake it.
            if (pending->sequence) pending->sequence->is_stopped = true;
            Outcome outcome = unavailable(*pending, &fault.code(), why);
            answers.emplace_back(std::move(pending), std::move(outcome));
        }
    }
}

// On the thread of the appender, where there is one.
std::vector<log::AppendResult> Runtime::append(const Round& round) {
    if (!round.has_batches()) return {};
    SKEIN_CRASH_POINT("runtime.before_append");
    std::vector<log::AppendResult> results = parts_.log->append(round.batches());
    rounds_.fetch_add(1);
    for (std::size_t i = 0; i < results.size(); ++i)
        if (results[i].outcome == log::BatchOutcome::kAppended)
            events_.fetch_add(round.batches()[i].events.size());
    SKEIN_CRASH_POINT("runtime.after_append");
    return results;
}

Preview Runtime::preview(const domain::Command& command) {
    {
        std::unique_lock lock(mutex_);
        led_out_.wait(lock, [this] { return !is_led_; });
        is_led_ = true;
    }
    // Gives leadership back, also when a fault passes through.
    struct Leadership {
        Runtime* runtime;
        ~Leadership() { runtime->step_down(); }
    };
    const Leadership leadership{this};
    const Shard shard = log::shard_of(*parts_.log, command.stream);
    // As a command that is sent: a repetition gets its first result, whatever the rules say now.
    if (const auto receipt = parts_.log->find_receipt(scope_of(command.stream), command.id))
        return {repeated(command, shard, *receipt), {}};
    learn_end(shard);
    Round round(sources(), parts_.clock->now());
    return round.preview(command, ends_);
}

void Runtime::drain_snapshots() { snapshotter_.drain(); }

void Runtime::step_down() {
    {
        const std::lock_guard lock(mutex_);
        is_led_ = false;
    }
    led_out_.notify_all();
    work_or_stop_.notify_one();
}

}  // namespace skein::runtime
