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

namespace {

// A batch that is refused is decided again; in a healthy store twice is enough (a repeated command,
// then the rest). More means that somebody else writes to the shard.
constexpr unsigned kAttemptsMax = 4;

constexpr Position kAnyHead(~std::uint64_t{0});

Outcome unknown(const Uuid& command_id, std::string detail) {
    Outcome outcome;
    outcome.command_id = command_id;
    outcome.detail = std::move(detail);
    return outcome;
}

}  // namespace

Runtime::Runtime(const Parts& parts, const RuntimeOptions& options)
    : parts_(parts),
      options_(options),
      store_bits_(static_cast<std::uint16_t>(xxh3_64(parts.log->info().store_id.view()) & 0x0fff)),
      cache_(options.state_cache_entries, options.state_cache_bytes),
      snapshotter_(*parts.log, *parts.codec),
      executor_([this] { run_executor(); }) {}

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
    {
        const std::lock_guard lock(mutex_);
        if (auto refusal = enqueue(pending)) return rejected(id, *std::move(refusal));
        // A caller with a deadline must not be held by a slow disk, so it never runs a round.
        leads = !is_led_ && !deadline;
        is_led_ = is_led_ || leads;
    }
    if (leads) {
        lead();
    } else {
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
    bool is_idle = false;
    {
        const std::lock_guard lock(mutex_);
        refusal = enqueue(pending);
        is_idle = !is_led_;
    }
    if (refusal) return pending->done(rejected(pending->command.id, *std::move(refusal)));
    if (is_idle) work_or_stop_.notify_one();
}

bool Runtime::submit_taken(domain::Command command, Callback done, IntakePlace place) {
    auto pending = std::make_unique<Pending>();
    pending->command = std::move(command);
    pending->done = std::move(done);
    pending->sequence = {place.term, &place.term->sequence};
    pending->place = std::move(place);
    bool is_idle = false;
    {
        const std::lock_guard lock(mutex_);
        if (enqueue(pending)) return false;
        is_idle = !is_led_;
    }
    if (is_idle) work_or_stop_.notify_one();
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
        lead();
    }
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
            while (!queue_.empty() && work.size() < options_.round_commands_max) {
                work.push_back(std::move(queue_.front()));
                queue_.pop_front();
            }
        }
        Answers answers;
        work = run_round(std::move(work), answers);
        commands_.fetch_add(answers.size());
        for (auto& [pending, outcome] : answers) pending->done(std::move(outcome));
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

Outcome Runtime::unavailable(const Pending& pending, const FaultCode* cause,
                             std::string why) const {
    const auto& code =
        cause == &fault_codes::kDiskFull ? domain::codes::kDiskFull : domain::codes::kReadOnly;
    return rejected(pending.command.id, domain::reject(code, std::move(why)));
}

// A command whose batch the log did not take: in doubt where it may have been written.
Outcome Runtime::refused_write(const Pending& pending, const log::AppendResult& result) {
    if (result.outcome != log::BatchOutcome::kInDoubt)
        return final_rejection(pending,
                               unavailable(pending, result.cause,
                                           fmt::format("the log refused {} times to write: {}",
                                                       kAttemptsMax, result.detail)),
                               kAnyHead);
    // Of a command that was sent before, something may stand: its receipt tells.
    if (result.is_unwritten && pending.attempts == 0)
        return final_rejection(
            pending,
            unavailable(pending, result.cause,
                        fmt::format("the log takes no writes: {}", result.detail)),
            kAnyHead);
    Outcome outcome = unknown(pending.command.id,
                              fmt::format("the log failed while it was written: {}; send again "
                                          "with this command_id",
                                          result.detail));
    outcome.cause = result.cause;
    return outcome;
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

// Decides and appends; returns what has to be decided in a later round, in order.
Runtime::Work Runtime::run_round(Work work, Answers& answers) {
    Round round(sources(), parts_.clock->now());
    Work taken;
    Work later;
    std::set<const Sequence*> held;  // a rejection of theirs waits for the append
    // Likewise, of topics: rejections change nothing, so more of them are taken behind the first.
    std::set<const Sequence*> rejected_only;
    try {
        for (std::unique_ptr<Pending>& pending : work) {
            const Sequence* sequence = pending->sequence.get();
            if (sequence != nullptr && sequence->is_stopped) {
                Outcome outcome =
                    unknown(pending->command.id, "not tried: an earlier command was rejected");
                answers.emplace_back(std::move(pending), std::move(outcome));
                continue;
            }
            if (held.contains(sequence) || round.bytes() >= options_.round_bytes_max) {
                if (sequence != nullptr) held.insert(sequence);
                later.push_back(std::move(pending));
                continue;
            }
            const Wanted wanted =
                rejected_only.contains(sequence) ? Wanted::kRejections : Wanted::kAny;
            Tried tried = try_take(round, *pending, wanted);
            if (tried.outcome) {
                if (pending->sequence) pending->sequence->is_stopped = true;
                answers.emplace_back(std::move(pending), std::move(*tried.outcome));
                continue;
            }
            if (tried.take == Take::kNextRound) {
                if (sequence != nullptr) held.insert(sequence);
                later.push_back(std::move(pending));
                continue;
            }
            const bool is_accepted = round.outcome(round.size() - 1).kind == OutcomeKind::kAccepted;
            if (sequence != nullptr && !is_accepted)
                (pending->place ? rejected_only : held).insert(sequence);
            if (pending->place && is_accepted)
                round.move_intake({pending->place->offset + 1, pending->place->term->told.load()});
            taken.push_back(std::move(pending));
        }
        const std::vector<log::AppendResult> results = append(round);
        Work again = settle(round, std::move(taken), results, answers);
        for (std::unique_ptr<Pending>& pending : later) again.push_back(std::move(pending));
        return again;
    } catch (const Fault& fault) {
        // Nothing of this round is written (append throws before it writes): answer everybody.
        cache_.clear();
        ends_.clear();
        const std::string why = fmt::format("the log cannot be used: {}", fault.what());
        for (Work* part : {&taken, &work, &later}) {
            for (std::unique_ptr<Pending>& pending : *part) {
                if (!pending) continue;
                // What waits in the queue behind it must not overtake it.
                if (pending->sequence) pending->sequence->is_stopped = true;
                Outcome outcome = unavailable(*pending, &fault.code(), why);
                answers.emplace_back(std::move(pending), std::move(outcome));
            }
        }
        return {};
    }
}

std::vector<log::AppendResult> Runtime::append(Round& round) {
    if (parts_.log->has_other_writers()) round.confirm_heads();
    if (!round.has_batches()) return {};
    SKEIN_CRASH_POINT("runtime.before_append");
    std::vector<log::AppendResult> results = parts_.log->append(round.batches());
    rounds_.fetch_add(1);
    for (std::size_t i = 0; i < results.size(); ++i)
        if (results[i].outcome == log::BatchOutcome::kAppended)
            events_.fetch_add(round.batches()[i].events.size());
    SKEIN_CRASH_POINT("runtime.after_append");
    const bool in_doubt = std::any_of(results.begin(), results.end(), [](const auto& result) {
        return result.outcome == log::BatchOutcome::kInDoubt;
    });
    if (in_doubt) clear_doubt(results);
    return results;
}

// A write failed: what stands is known once the log is open again. Its commands are then decided
// again, and those that did get written are found by their receipts.
void Runtime::clear_doubt(std::vector<log::AppendResult>& results) {
    try {
        parts_.log->reopen();
    } catch (const Fault&) {
        return;  // still in doubt: the answers say so
    }
    for (log::AppendResult& result : results) {
        if (result.outcome == log::BatchOutcome::kInDoubt)
            result.outcome = log::BatchOutcome::kRefused;
    }
}

// Turns the results of a round's append into answers; returns the commands to decide again.
Runtime::Work Runtime::settle(Round& round, Work taken,
                              const std::vector<log::AppendResult>& results, Answers& answers) {
    std::map<Shard, const log::AppendResult*> result_of;
    std::map<std::size_t, log::Receipt> repeats;  // by index in the round
    std::set<Shard> shards;
    for (std::size_t i = 0; i < results.size(); ++i) {
        result_of[round.batches()[i].shard] = &results[i];
        for (std::size_t k = 0; k < results[i].commands.size(); ++k) {
            const log::CommandVerdict& verdict = results[i].commands[k];
            if (verdict.verdict == log::Verdict::kDuplicate && verdict.receipt)
                repeats[round.contributors()[i][k]] = *verdict.receipt;
        }
    }
    for (std::size_t i = 0; i < taken.size(); ++i) shards.insert(round.shard(i));
    for (const Shard shard : shards) {
        const auto found = result_of.find(shard);
        if (found == result_of.end() || found->second->outcome == log::BatchOutcome::kAppended) {
            ends_[shard] = round.commit(shard);
        } else {
            ends_.erase(shard);
            // Perhaps somebody else wrote: then no state that is kept is known to be the newest.
            if (parts_.log->has_other_writers()) cache_.clear();
        }
    }
    const auto begun_at = [&](Shard shard) {
        for (const log::Batch& batch : round.batches())
            if (batch.shard == shard) return batch.expected_head;
        return kAnyHead;
    };
    Work again;
    for (std::size_t i = 0; i < taken.size(); ++i) {
        std::unique_ptr<Pending>& pending = taken[i];
        const auto found = result_of.find(round.shard(i));
        const log::BatchOutcome outcome =
            found == result_of.end() ? log::BatchOutcome::kAppended : found->second->outcome;
        const bool is_repeated = repeats.contains(i);
        const bool is_refused = outcome != log::BatchOutcome::kAppended &&
                                outcome != log::BatchOutcome::kInDoubt && !is_repeated;
        if (is_refused && ++pending->attempts < kAttemptsMax) {
            again.push_back(std::move(pending));
            continue;
        }
        Outcome answer;
        try {
            if (is_repeated) {
                answer = repeated(pending->command, round.shard(i), repeats.at(i));
            } else if (outcome != log::BatchOutcome::kAppended) {
                answer = refused_write(*pending, *found->second);
            } else if (round.outcome(i).kind == OutcomeKind::kRejected) {
                answer = final_rejection(*pending, round.outcome(i), begun_at(round.shard(i)));
            } else {
                answer = round.outcome(i);
            }
        } catch (const Fault& fault) {
            answer = unknown(pending->command.id,
                             fmt::format("what became of it cannot be read: {}; send again with "
                                         "this command_id",
                                         fault.what()));
            answer.cause = &fault.code();
        }
        if (pending->sequence && answer.kind != OutcomeKind::kAccepted)
            pending->sequence->is_stopped = true;
        answers.emplace_back(std::move(pending), std::move(answer));
    }
    return again;
}

// A rejected command may be a repetition of an accepted one: that gets its first result. What was
// accepted later, perhaps in the same round, is no business of this one.
Outcome Runtime::final_rejection(const Pending& pending, const Outcome& rejection,
                                 Position decided_at) {
    const domain::Command& command = pending.command;
    const auto receipt = parts_.log->find_receipt(scope_of(command.stream), command.id);
    if (!receipt || receipt->first > decided_at) return rejection;
    return repeated(command, log::shard_of(*parts_.log, command.stream), *receipt);
}

Outcome Runtime::repeated(const domain::Command& command, Shard shard,
                          const log::Receipt& receipt) {
    if (receipt.content_hash != blake2b_256_keyed(parts_.log->info().secret, command.content))
        return rejected(
            command.id,
            domain::reject(domain::codes::kCommandIdReused,
                           fmt::format("command {} was accepted before in {} with other "
                                       "content",
                                       command.id.str(), scope_of(command.stream).str())));
    Outcome outcome;
    outcome.kind = OutcomeKind::kAccepted;
    outcome.command_id = command.id;
    outcome.is_duplicate = true;
    const Position before(receipt.first.value() - 1);
    parts_.log->scan(shard, before, [&](const log::EventView& view) {
        const auto head = codec::decode_head(view.bytes);
        if (head)
            outcome.events.push_back(
                {Stream(std::string(head->stream)), head->version, shard, view.position});
        return outcome.events.size() < receipt.event_count;
    });
    return outcome;
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
