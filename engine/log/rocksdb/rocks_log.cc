// Opening, closing and writing; reading stands in rocks_reads.cc.
#include "engine/log/rocksdb/rocks_log.h"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <set>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/crash_point.h"
#include "engine/log/batch_check.h"
#include "engine/log/rocksdb/key_kinds.h"
#include "engine/log/rocksdb/live_files.h"
#include "engine/log/rocksdb/session.h"
#include "engine/log/rocksdb/shard_state.h"
#include "engine/log/rocksdb/status_fault.h"

namespace skein::log {

namespace {

rocksdb::WriteOptions synced() {
    rocksdb::WriteOptions options;
    options.sync = true;
    return options;
}

void put_rows(rocksdb::WriteBatch& rows, const Batch& batch, const AppendResult& result) {
    Position position = batch.expected_head;
    for (const BatchEvent& event : batch.events) {
        position = position.next();
        const std::string key = event_key(batch.shard, position);
        const rocksdb::Slice key_part(key);
        const rocksdb::Slice value_parts[] = {
            {reinterpret_cast<const char*>(event.hash.bytes.data()), event.hash.bytes.size()},
            event.bytes};
        rows.Put(rocksdb::SliceParts(&key_part, 1), rocksdb::SliceParts(value_parts, 2));
        rows.Put(versioned_key(KeyKind::kStream, event.stream, event.version),
                 position_value(position));
    }
    for (std::size_t i = 0; i < batch.commands.size(); ++i) {
        const BatchCommand& command = batch.commands[i];
        rows.Put(receipt_key(command.scope, command.command_id),
                 receipt_value(*result.commands[i].receipt));
    }
    rows.Put(head_key(batch.shard), head_value(result.head));
    if (batch.intake) rows.Put(intake_key(batch.shard), intake_value(*batch.intake));
}

}  // namespace

// What stands, for the judgement of batches whose shards are locked.
class RocksLog::Standings final : public Standing {
 public:
    Standings(const RocksLog& log, const Session& session) : log_(log), session_(session) {}

    std::optional<Receipt> receipt_of(const BatchCommand& command) const override {
        const auto value =
            session_.get(receipt_key(command.scope, command.command_id), "reading a receipt of");
        if (!value) return std::nullopt;
        auto receipt = parse_receipt(*value);
        if (!receipt) throw corruption("a receipt is damaged", session_.directory());
        return receipt;
    }
    Version head_of(const Stream& stream) const override {
        StreamHeads& known = log_.state_of(log::shard_of(log_, stream)).stream_heads;
        if (const auto head = known.find(stream)) return *head;
        return log_.stored_stream_head(session_, stream);
    }

 private:
    const RocksLog& log_;
    const Session& session_;
};

std::unique_ptr<RocksLog> RocksLog::open(const RocksLogOptions& options, Random& random) {
    return std::unique_ptr<RocksLog>(new RocksLog(options, random));
}

RocksLog::RocksLog(const RocksLogOptions& options, Random& random) : options_(options) {
    open_session(options.mode, random);
}

RocksLog::~RocksLog() { close_session(); }

void RocksLog::open_session(OpenMode mode, Random& random) {
    RocksLogOptions options = options_;
    if (!shards_.empty()) options.incarnation = Incarnation::kKeep;  // renewed once, when opened
    auto made = std::make_unique<Session>(options, mode, random);
    if (shards_.empty()) {
        info_ = made->info();
        growth_ = std::make_unique<Growth>(info_.shard_count);
        for (std::uint32_t s = 0; s < info_.shard_count; ++s) {
            shards_.push_back(std::make_unique<ShardState>());
        }
    }
    if (made->info().store_id != info_.store_id || made->info().shard_count != info_.shard_count) {
        throw Fault(FaultKind::kConfig, options_.directory + " holds another store now",
                    "Restart, so that everything is read anew.");
    }
    for (std::uint32_t s = 0; s < info_.shard_count; ++s) {
        ShardState& state = *shards_[s];
        const Head head = made->read_head(Shard(s));
        state.stream_heads.clear();
        {
            const std::lock_guard<std::mutex> lock(state.head_mutex);
            state.head = head;
        }
        growth_->publish(Shard(s), head.position);
    }
    const std::lock_guard<std::mutex> lock(session_mutex_);
    is_closed_ = false;
    session_ = std::shared_ptr<Session>(made.release(), [this](Session* last) {
        delete last;  // by whoever used it last, reader or closer
        const std::lock_guard<std::mutex> closed_lock(session_mutex_);
        is_closed_ = true;
        session_closed_.notify_all();
    });
}

void RocksLog::close_session() {
    std::shared_ptr<Session> closing;
    {
        const std::lock_guard<std::mutex> lock(session_mutex_);
        closing.swap(session_);
        if (closing) last_failure_ = closing->write_failure();
    }
    closing.reset();
    std::unique_lock<std::mutex> lock(session_mutex_);
    session_closed_.wait(lock, [this] { return is_closed_; });
}

void RocksLog::reopen() {
    const std::lock_guard<std::mutex> reopening(reopen_mutex_);
    LockedShards locks;  // no append runs meanwhile
    for (const auto& state : shards_) locks.emplace_back(state->append_mutex);
    close_session();
    SystemRandom random;
    // A store that exists needs no identity, so this one makes none.
    const OpenMode mode =
        options_.mode == OpenMode::kReadOnly ? OpenMode::kReadOnly : OpenMode::kMustExist;
    try {
        open_session(mode, random);
    } catch (const Fault& fault) {
        {
            const std::lock_guard<std::mutex> lock(session_mutex_);
            last_failure_ = fault;
        }
        // Reads go on where the disk is full but sound.
        if (fault.kind() == FaultKind::kUnavailable && mode != OpenMode::kReadOnly) {
            try {
                open_session(OpenMode::kReadOnly, random);
            } catch (const Fault&) {  // then there are no reads either; the first fault says why
            }
        }
        throw;
    }
}

std::shared_ptr<Session> RocksLog::session_or_null() const {
    const std::lock_guard<std::mutex> lock(session_mutex_);
    return session_;
}

std::shared_ptr<Session> RocksLog::session() const {
    std::shared_ptr<Session> found = session_or_null();
    if (!found) {
        throw Fault(FaultKind::kUnavailable,
                    "the store " + options_.directory + " is being reopened", "Try again.");
    }
    return found;
}

std::optional<Fault> RocksLog::write_failure() const {
    const std::lock_guard<std::mutex> lock(session_mutex_);
    if (session_) return session_->write_failure();
    if (!last_failure_) return Fault(FaultKind::kUnavailable, "closed");
    return Fault(last_failure_->code(), fmt::format("closed after: {}", last_failure_->what()),
                 last_failure_->remedy());
}

ShardState& RocksLog::state_of(Shard shard) const {
    SKEIN_CHECK(shard.value() < shards_.size(), "shard {} of {}", shard.value(), shards_.size());
    return *shards_[shard.value()];
}

// In the order of shards, so that two calls never wait for one another.
RocksLog::LockedShards RocksLog::lock_shards(const std::vector<Batch>& batches) {
    std::set<Shard> shards;
    for (const Batch& batch : batches) {
        check_shard(batch, info_.shard_count);
        SKEIN_CHECK(shards.insert(batch.shard).second, "two batches of shard {} in one append",
                    batch.shard.value());
    }
    LockedShards locks;
    for (const Shard shard : shards) locks.emplace_back(state_of(shard).append_mutex);
    return locks;
}

std::vector<AppendResult> RocksLog::append(const std::vector<Batch>& batches) {
    const LockedShards locks = lock_shards(batches);
    const std::shared_ptr<Session> session = session_or_null();
    const std::optional<Fault> failure = write_failure();
    std::vector<AppendResult> results;
    results.reserve(batches.size());
    if (failure) {
        for (const Batch& batch : batches) {
            results.push_back(in_doubt(batch, *failure));
            results.back().is_unwritten = true;
        }
        return results;
    }
    rocksdb::WriteBatch rows;
    const Standings standings(*this, *session);
    for (const Batch& batch : batches) {
        results.push_back(judge(batch, state_of(batch.shard).published_head(), standings));
        if (results.back().outcome != BatchOutcome::kAppended) continue;
        put_rows(rows, batch, results.back());
    }
    if (rows.Count() == 0) return results;
    SKEIN_CRASH_POINT("log.before_write");
    const rocksdb::Status status = session->db().Write(synced(), &rows);
    SKEIN_CRASH_POINT("log.after_write");
    if (!status.ok()) session->refuse_writes("a write failed", status);
    for (std::size_t i = 0; i < batches.size(); ++i) {
        if (results[i].outcome != BatchOutcome::kAppended) continue;
        if (status.ok()) {
            publish(batches[i], results[i].head);
        } else {
            results[i] = in_doubt(batches[i], *session->write_failure());
        }
    }
    SKEIN_CRASH_POINT("log.before_reply");
    return results;
}

void RocksLog::publish(const Batch& batch, const Head& head) {
    ShardState& state = state_of(batch.shard);
    for (const BatchEvent& event : batch.events)
        state.stream_heads.put(event.stream, event.version);
    {
        const std::lock_guard<std::mutex> lock(state.head_mutex);
        state.head = head;
    }
    growth_->publish(batch.shard, head.position);
}

void RocksLog::write_synced(Session& session, rocksdb::WriteBatch& rows, const char* doing) {
    if (const std::optional<Fault> failure = session.write_failure()) {
        throw Fault(
            failure->code(),
            fmt::format("the store {} takes no writes: {}", options_.directory, failure->what()),
            "It takes them again when reopening has succeeded.");
    }
    const rocksdb::Status status = session.db().Write(synced(), &rows);
    if (status.ok()) return;
    session.refuse_writes("a write failed", status);
    throw fault_of(status, doing, options_.directory);
}

void RocksLog::checkpoint(const std::string& directory,
                          const std::function<void(std::uint64_t, std::uint64_t)>& progress) const {
    const std::shared_ptr<Session> open_now = session();
    throw_if_failed(open_now->files().CreateDir(directory, rocksdb::IOOptions(), nullptr),
                    "creating", directory);
    copy_live_files(open_now->db(), open_now->files(), directory, progress);
    // Opening checks it; closing moves the end of its write-ahead log, which may be torn, into
    // tables, and writes its anchor.
    RocksLogOptions copy = options_;
    copy.directory = directory;
    copy.mode = OpenMode::kMustExist;
    copy.incarnation = Incarnation::kKeep;
    SystemRandom random;
    RocksLog::open(copy, random);
}

Epoch RocksLog::take_over(Shard shard) {
    ShardState& state = state_of(shard);
    const std::lock_guard<std::mutex> appending(state.append_mutex);
    const std::shared_ptr<Session> open_now = session();
    Head head = state.published_head();
    head.epoch = head.epoch.next();
    rocksdb::WriteBatch rows;
    rows.Put(head_key(shard), head_value(head));
    write_synced(*open_now, rows, "taking over a shard of");
    const std::lock_guard<std::mutex> lock(state.head_mutex);
    state.head = head;
    return head.epoch;
}

bool RocksLog::move_intake(Shard shard, Epoch epoch, const IntakePoint& point) {
    const std::lock_guard<std::mutex> appending(state_of(shard).append_mutex);
    if (state_of(shard).published_head().epoch != epoch) return false;
    rocksdb::WriteBatch rows;
    rows.Put(intake_key(shard), intake_value(point));
    write_synced(*session(), rows, "moving an intake of");
    return true;
}

void RocksLog::put_snapshot(const Stream& stream, Version version, std::string_view bytes) {
    rocksdb::WriteBatch rows;
    rows.Put(versioned_key(KeyKind::kSnapshot, stream, version),
             rocksdb::Slice(bytes.data(), bytes.size()));
    // Synced, though it could be made again: so every record of the log but the last is
    // acknowledged, which is how damage is told from a torn tail.
    write_synced(*session(), rows, "writing a snapshot to");
}

}  // namespace skein::log
