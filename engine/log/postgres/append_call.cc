#include "engine/log/postgres/append_call.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <unordered_set>

#include "engine/base/bytes.h"
#include "engine/log/batch_check.h"

namespace skein::log {

namespace {

// Is never a head: a batch that may not be written whatever stands is sent with it.
constexpr std::uint64_t kNoPosition = UINT64_MAX;
constexpr const char* kAnswer = "an answer of skein.append";
constexpr const char* kDoing = "appending";

std::string receipt_key(const Scope& scope, const Uuid& command_id) {
    return scope.str() + '\0' + std::string(command_id.view());
}

Fault disagreement(const Batch& batch) {
    return {FaultKind::kCorruption,
            fmt::format("Postgres refused a batch of shard {} for no reason that can be seen",
                        batch.shard.value()),
            "Check that `skein migrate` has brought the functions up to date."};
}

std::uint64_t before(Version version) { return version.value() == 0 ? 0 : version.value() - 1; }

}  // namespace

// The log as a batch believes that it stands: none of its commands is known, and its streams end
// before its events.
class AppendCall::Believed final : public Standing {
 public:
    explicit Believed(const std::vector<StreamEnd>& streams, std::size_t first) {
        for (std::size_t i = first; i < streams.size(); ++i)
            ends_.emplace(streams[i].stream->str(), streams[i].before);
    }
    std::optional<Receipt> receipt_of(const BatchCommand&) const override { return std::nullopt; }
    Version head_of(const Stream& stream) const override { return ends_.at(stream.str()); }

 private:
    std::map<std::string_view, Version> ends_;
};

// The log as the database says that it stands, for the batches that it refused.
class AppendCall::Answered final : public Standing {
 public:
    std::optional<Receipt> receipt_of(const BatchCommand& command) const override {
        const auto place = receipts.find(receipt_key(command.scope, command.command_id));
        if (place == receipts.end()) return std::nullopt;
        return place->second;
    }
    Version head_of(const Stream& stream) const override {
        const auto place = streams.find(stream.str());
        return place == streams.end() ? Version() : place->second;
    }

    std::map<std::size_t, Head> refused;  // by batch
    std::map<std::size_t, Head> written;  // by batch, where it had no events
    std::map<std::string, Receipt> receipts;
    std::map<std::string, Version> streams;
};

AppendCall::AppendCall(const std::vector<Batch>& batches) : batches_(batches) {
    believed_.reserve(batches.size());
    std::size_t events = 0;
    std::size_t event_bytes = 0;
    for (const Batch& batch : batches) {
        events += batch.events.size();
        for (const BatchEvent& event : batch.events) event_bytes += event.bytes.size();
    }
    event_bytes_.reserve(events, event_bytes);
    for (std::size_t i = 0; i < batches.size(); ++i) add_batch(i);
}

void AppendCall::add_batch(std::size_t index) {
    const Batch& batch = batches_[index];
    const std::size_t first_stream = streams_.size();
    std::unordered_set<std::string_view> seen;
    for (const BatchEvent& event : batch.events) {
        if (!seen.insert(event.stream.str()).second) continue;
        streams_.push_back({index, &event.stream, Version(before(event.version))});
        stream_batch_.add_number(index + 1);
        stream_name_.add(event.stream.str());
        stream_before_.add_number(before(event.version));
    }
    const Head head{batch.expected_head, Hash{}, batch.epoch};
    believed_.push_back(judge(batch, head, Believed(streams_, first_stream)));
    const bool may_be_written = believed_.back().outcome == BatchOutcome::kAppended;
    batch_shard_.add_number(batch.shard.value());
    batch_epoch_.add_number(batch.epoch.value());
    batch_expected_.add_number(may_be_written ? batch.expected_head.value() : kNoPosition);
    batch_last_.add_number(believed_.back().head.position.value());
    if (batch.events.empty()) {
        batch_hash_.add_null();
    } else {
        batch_hash_.add(batch.events.back().hash.view());
    }
    if (batch.intake) {
        has_intake_ = true;
        intake_batch_.add_number(index + 1);
        intake_next_.add_number(batch.intake->next);
        intake_told_.add_number(batch.intake->told);
        intake_mark_.add_number(batch.intake->mark);
    }
    add_commands(index);
    // Events of a batch that is not written need not travel.
    if (may_be_written) add_events(index);
}

void AppendCall::add_commands(std::size_t index) {
    const Batch& batch = batches_[index];
    std::uint64_t first = batch.expected_head.next().value();
    for (std::size_t c = 0; c < batch.commands.size(); ++c) {
        const BatchCommand& command = batch.commands[c];
        commands_.emplace_back(index, c);
        command_batch_.add_number(index + 1);
        command_scope_.add(command.scope.str());
        command_uuid_.add(command.command_id.view());
        command_first_.add_number(first);
        command_events_.add_number(command.event_count);
        command_content_.add(command.content_hash.view());
        first += command.event_count;
    }
}

void AppendCall::add_events(std::size_t index) {
    const Batch& batch = batches_[index];
    Position position = batch.expected_head;
    for (const BatchEvent& event : batch.events) {
        position = position.next();
        event_batch_.add_number(index + 1);
        event_position_.add_number(position.value());
        event_version_.add_number(event.version.value());
        event_stream_.add(event.stream.str());
        event_hash_.add(event.hash.view());
        event_bytes_.add(event.bytes);
    }
}

template <class... More>
std::vector<AppendResult> AppendCall::send_as(const statements::Statement& statement,
                                              PgConnection& connection, More&... more) {
    const std::array parameters{
        batch_shard_.parameter(),    batch_epoch_.parameter(),     batch_expected_.parameter(),
        batch_last_.parameter(),     batch_hash_.parameter(),      command_batch_.parameter(),
        command_scope_.parameter(),  command_uuid_.parameter(),    command_first_.parameter(),
        command_events_.parameter(), command_content_.parameter(), stream_batch_.parameter(),
        stream_name_.parameter(),    stream_before_.parameter(),   event_batch_.parameter(),
        event_position_.parameter(), event_version_.parameter(),   event_stream_.parameter(),
        event_hash_.parameter(),     event_bytes_.parameter(),     more.parameter()...};
    return read(connection.run_binary(statement, kDoing, parameters));
}

bool AppendCall::is_of_one_event() const {
    return batches_.size() == 1 && !has_intake_ && batches_[0].commands.size() == 1 &&
           batches_[0].events.size() == 1 && believed_[0].outcome == BatchOutcome::kAppended;
}

std::vector<AppendResult> AppendCall::send_one(PgConnection& connection) const {
    const Batch& batch = batches_[0];
    const BatchEvent& event = batch.events[0];
    const BatchCommand& command = batch.commands[0];
    std::string shard;
    put_u32_be(shard, static_cast<std::uint32_t>(batch.shard.value()));
    std::string epoch;
    put_u64_be(epoch, batch.epoch.value());
    std::string position;
    put_u64_be(position, batch.expected_head.next().value());
    std::string version;
    put_u64_be(version, event.version.value());
    const std::array<std::string_view, 10> parameters{shard,
                                                      epoch,
                                                      position,
                                                      version,
                                                      event.stream.str(),
                                                      event.hash.view(),
                                                      event.bytes,
                                                      command.scope.str(),
                                                      command.command_id.view(),
                                                      command.content_hash.view()};
    return read(connection.run_binary(statements::kAppendOne, kDoing, parameters));
}

std::vector<AppendResult> AppendCall::send(PgConnection& connection) {
    if (is_of_one_event()) return send_one(connection);
    if (!has_intake_) return send_as(statements::kAppend, connection);
    return send_as(statements::kAppendTaken, connection, intake_batch_, intake_next_, intake_told_,
                   intake_mark_);
}

std::vector<AppendResult> AppendCall::read(const BinaryRows& rows) const {
    Answered answered;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const std::string_view kind = rows.bytes(row, 0, kAnswer);
        const std::size_t at = rows.integer(row, 1, kAnswer) - 1;
        const std::uint64_t number = rows.number(row, 2, kAnswer);
        if (kind == "s") {
            answered.streams[streams_.at(at).stream->str()] = Version(number);
            continue;
        }
        const std::uint64_t amount = rows.number(row, 3, kAnswer);
        const Hash hash = rows.hash(row, 4, kAnswer);
        if (kind == "r") {
            const auto [batch, command] = commands_.at(at);
            const BatchCommand& known = batches_[batch].commands[command];
            answered.receipts[receipt_key(known.scope, known.command_id)] = {
                hash, Position(number), static_cast<std::uint32_t>(amount)};
        } else {
            auto& heads = kind == "h" ? answered.refused : answered.written;
            heads[at] = {Position(number), hash, Epoch(amount)};
        }
    }
    std::vector<AppendResult> results;
    results.reserve(batches_.size());
    for (std::size_t i = 0; i < batches_.size(); ++i) {
        const auto refused = answered.refused.find(i);
        if (refused == answered.refused.end()) {
            results.push_back(believed_[i]);
            if (const auto head = answered.written.find(i); head != answered.written.end())
                results.back().head = head->second;
            continue;
        }
        results.push_back(judge(batches_[i], refused->second, answered));
        if (results.back().outcome == BatchOutcome::kAppended) throw disagreement(batches_[i]);
    }
    return results;
}

}  // namespace skein::log
