#include "engine/log/batch_check.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "engine/base/check.h"

namespace skein::log {

namespace {

void check_shape(const Batch& batch) {
    std::size_t count = 0;
    for (const BatchCommand& command : batch.commands) {
        SKEIN_CHECK(!command.scope.empty(), "a command stands in a scope");
        SKEIN_CHECK(command.event_count <= batch.events.size() - count,
                    "the commands of a batch own {} events or more, it has {}",
                    count + command.event_count, batch.events.size());
        for (std::size_t i = count; i < count + command.event_count; ++i) {
            SKEIN_CHECK(scope_of(batch.events[i].stream) == command.scope,
                        "stream {} is not in the scope {} of its command",
                        batch.events[i].stream.str(), command.scope.str());
        }
        count += command.event_count;
    }
    SKEIN_CHECK(!batch.intake || batch.intake->told <= batch.intake->next,
                "answers are told up to offset {}, commands taken up to {}", batch.intake->told,
                batch.intake->next);
    SKEIN_CHECK(count == batch.events.size(), "commands own {} of the {} events of their batch",
                count, batch.events.size());
}

AppendResult refused(const Batch& batch, const Head& head, BatchOutcome outcome) {
    AppendResult result;
    result.outcome = outcome;
    result.commands.resize(batch.commands.size());
    result.head = head;
    return result;
}

std::string receipt_key(const BatchCommand& command) {
    std::string key(command.command_id.view());
    return key += command.scope.str();
}

// Marks the commands that stand already, or stand twice in the batch. Returns whether there are
// any.
bool mark_duplicates(const Batch& batch, const Standing& standing, AppendResult& result) {
    bool any = false;
    std::unordered_set<std::string> seen;
    seen.reserve(batch.commands.size());
    for (std::size_t i = 0; i < batch.commands.size(); ++i) {
        CommandVerdict& verdict = result.commands[i];
        verdict.receipt = standing.receipt_of(batch.commands[i]);
        if (!verdict.receipt && seen.insert(receipt_key(batch.commands[i])).second) continue;
        verdict.verdict = Verdict::kDuplicate;
        any = true;
    }
    return any;
}

// Marks the first command with a version that is not the next one. Returns whether there is one.
bool mark_conflict(const Batch& batch, const Standing& standing, AppendResult& result) {
    std::unordered_map<std::string_view, Version> heads;
    heads.reserve(batch.events.size());
    std::size_t at = 0;
    for (std::size_t c = 0; c < batch.commands.size(); ++c) {
        for (std::uint32_t i = 0; i < batch.commands[c].event_count; ++i, ++at) {
            const BatchEvent& event = batch.events[at];
            const auto [place, is_new] = heads.try_emplace(event.stream.str());
            if (is_new) place->second = standing.head_of(event.stream);
            if (event.version == place->second.next()) {
                place->second = event.version;
                continue;
            }
            CommandVerdict& verdict = result.commands[c];
            verdict.verdict = Verdict::kConflict;
            verdict.expected = Version(event.version.value() == 0 ? 0 : event.version.value() - 1);
            verdict.actual = place->second;
            return true;
        }
    }
    return false;
}

void mark_appended(const Batch& batch, AppendResult& result) {
    Position first = batch.expected_head.next();
    for (std::size_t c = 0; c < batch.commands.size(); ++c) {
        const BatchCommand& command = batch.commands[c];
        result.commands[c].verdict = Verdict::kAppended;
        result.commands[c].receipt = Receipt{command.content_hash, first, command.event_count};
        first = Position(first.value() + command.event_count);
    }
    if (batch.events.empty()) return;
    result.head.position = Position(first.value() - 1);
    result.head.hash = batch.events.back().hash;
}

}  // namespace

AppendResult judge(const Batch& batch, const Head& head, const Standing& standing) {
    check_shape(batch);
    if (batch.epoch != head.epoch) return refused(batch, head, BatchOutcome::kFenced);
    AppendResult result = refused(batch, head, BatchOutcome::kRefused);
    if (mark_duplicates(batch, standing, result)) return result;
    if (batch.expected_head != head.position) {
        result.outcome = BatchOutcome::kStaleHead;
        return result;
    }
    if (mark_conflict(batch, standing, result)) return result;
    mark_appended(batch, result);
    result.outcome = BatchOutcome::kAppended;
    return result;
}

void check_shard(const Batch& batch, std::uint32_t shard_count) {
    SKEIN_CHECK(batch.shard.value() < shard_count, "shard {} of a log of {}", batch.shard.value(),
                shard_count);
    for (const BatchCommand& command : batch.commands) {
        SKEIN_CHECK(skein::shard_of(command.scope, shard_count) == batch.shard,
                    "scope {} does not belong to shard {}", command.scope.str(),
                    batch.shard.value());
    }
}

AppendResult in_doubt(const Batch& batch, const Fault& failure) {
    AppendResult result;
    result.outcome = BatchOutcome::kInDoubt;
    result.commands.resize(batch.commands.size());
    result.detail = failure.what();
    result.cause = &failure.code();
    return result;
}

}  // namespace skein::log
