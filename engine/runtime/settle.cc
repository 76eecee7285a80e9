// The end of a round: what the log did with it becomes answers, and commands to decide again.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/base/fault_codes.h"
#include "engine/codec/envelope.h"
#include "engine/domain/codes.h"
#include "engine/runtime/runtime.h"

namespace skein::runtime {

namespace {

// A batch that is refused is decided again; in a healthy store twice is enough (a repeated command,
// then the rest). More means that somebody else writes to the shard.
constexpr unsigned kAttemptsMax = 4;

constexpr Position kAnyHead(~std::uint64_t{0});

}  // namespace

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

// What the log did with a command.
struct Runtime::Fate {
    const log::AppendResult* result;  // of its batch; null: there was nothing to append
    const log::Receipt* repeat;       // of its first sending, where it is not this one
    Position decided_at;              // the head that it was decided on

    bool is_refused() const {
        return repeat == nullptr && result != nullptr &&
               result->outcome != log::BatchOutcome::kAppended &&
               result->outcome != log::BatchOutcome::kInDoubt;
    }
};

// `decided`: what was decided, which holds if its batch was appended.
Outcome Runtime::answer_to(const Pending& pending, const Outcome& decided, const Fate& fate) {
    try {
        if (fate.repeat != nullptr)
            return repeated(pending.command, log::shard_of(*parts_.log, pending.command.stream),
                            *fate.repeat);
        if (fate.result != nullptr && fate.result->outcome != log::BatchOutcome::kAppended)
            return refused_write(pending, *fate.result);
        if (decided.kind == OutcomeKind::kRejected)
            return final_rejection(pending, decided, fate.decided_at);
        return decided;
    } catch (const Fault& fault) {
        Outcome lost = unknown(pending.command.id,
                               fmt::format("what became of it cannot be read: {}; send again with "
                                           "this command_id",
                                           fault.what()));
        lost.cause = &fault.code();
        return lost;
    }
}

// Turns the results of a round's append into answers; returns the commands to decide again.
Runtime::Work Runtime::settle(Cohort& cohort, std::vector<log::AppendResult> results,
                              Answers& answers) {
    Round& round = cohort.round;
    Work& taken = cohort.taken;
    const bool in_doubt = std::any_of(results.begin(), results.end(), [](const auto& result) {
        return result.outcome == log::BatchOutcome::kInDoubt;
    });
    if (in_doubt) clear_doubt(results);
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
        const auto repeat = repeats.find(i);
        const Fate fate{found == result_of.end() ? nullptr : found->second,
                        repeat == repeats.end() ? nullptr : &repeat->second,
                        begun_at(round.shard(i))};
        if (fate.is_refused() && ++pending->attempts < kAttemptsMax) {
            again.push_back(std::move(pending));
            continue;
        }
        Outcome answer = answer_to(*pending, round.outcome(i), fate);
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

}  // namespace skein::runtime
