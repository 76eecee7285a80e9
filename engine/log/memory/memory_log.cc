#include "engine/log/memory/memory_log.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/log/batch_check.h"

namespace skein::log {

namespace {

constexpr std::size_t kScanChunk = 256;  // rows looked up for each taking of the mutex

std::string receipt_key(const Scope& scope, const Uuid& command_id) {
    return scope.str() + '\0' + std::string(command_id.view());
}

}  // namespace

// What stands, for the judgement of a batch. Lives while the mutex is held.
class MemoryLog::Rows final : public Standing {
 public:
    explicit Rows(const MemoryLog& log) : log_(log) {}

    std::optional<Receipt> receipt_of(const BatchCommand& command) const override {
        const auto place = log_.receipts_.find(receipt_key(command.scope, command.command_id));
        if (place == log_.receipts_.end()) return std::nullopt;
        return place->second;
    }
    Version head_of(const Stream& stream) const override {
        const auto place = log_.streams_.find(stream.str());
        return Version(place == log_.streams_.end() ? 0 : place->second.size());
    }

 private:
    const MemoryLog& log_;
};

MemoryLog::MemoryLog(StoreInfo info)
    : info_(std::move(info)), shards_(info_.shard_count), growth_(info_.shard_count) {
    SKEIN_CHECK(info_.shard_count > 0, "a store has at least one shard");
    for (ShardRows& rows : shards_) rows.head.hash = blake2b_256(info_.store_id.view());
}

MemoryLog::~MemoryLog() = default;

const MemoryLog::ShardRows& MemoryLog::rows_of(Shard shard) const {
    SKEIN_CHECK(shard.value() < shards_.size(), "shard {} of {}", shard.value(), shards_.size());
    return shards_[shard.value()];
}

Head MemoryLog::head(Shard shard) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return rows_of(shard).head;
}

EventView MemoryLog::view_of(Shard shard, Position position) const {
    const StoredEvent& event = shards_[shard.value()].events[position.value() - 1];
    return {shard, position, event.bytes, event.hash.view()};
}

std::uint64_t MemoryLog::scan(Shard shard, Position after,
                              const std::function<bool(const EventView&)>& visit) const {
    const Position last = head(shard).position;
    std::uint64_t visited = 0;
    std::vector<EventView> chunk;
    for (Position next = after.next(); next <= last;) {
        chunk.clear();
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            for (; next <= last && chunk.size() < kScanChunk; next = next.next()) {
                chunk.push_back(view_of(shard, next));
            }
        }
        for (const EventView& event : chunk) {
            ++visited;
            if (!visit(event)) return visited;
        }
    }
    return visited;
}

bool MemoryLog::wait_for_growth(const std::vector<Position>& known,
                                std::chrono::milliseconds timeout) const {
    return growth_.wait(known, timeout);
}

void MemoryLog::interrupt_waiters() { growth_.interrupt(); }

std::vector<AppendResult> MemoryLog::append(const std::vector<Batch>& batches) {
    std::vector<AppendResult> results;
    results.reserve(batches.size());
    for (const Batch& batch : batches) {
        const std::lock_guard<std::mutex> lock(mutex_);
        check_shard(batch, info_.shard_count);
        ShardRows& rows = shards_[batch.shard.value()];
        results.push_back(judge(batch, rows.head, Rows(*this)));
        AppendResult& result = results.back();
        if (result.outcome != BatchOutcome::kAppended) continue;
        Position position = batch.expected_head;
        for (const BatchEvent& event : batch.events) {
            position = position.next();
            rows.events.push_back({event.bytes, event.hash});
            streams_[event.stream.str()].push_back(position);
        }
        for (std::size_t i = 0; i < batch.commands.size(); ++i) {
            const BatchCommand& command = batch.commands[i];
            receipts_[receipt_key(command.scope, command.command_id)] = *result.commands[i].receipt;
        }
        rows.head = result.head;
        if (batch.intake) rows.intake = batch.intake;
        growth_.publish(batch.shard, rows.head.position);
    }
    return results;
}

Epoch MemoryLog::take_over(Shard shard) {
    const std::lock_guard<std::mutex> lock(mutex_);
    rows_of(shard);
    Epoch& epoch = shards_[shard.value()].head.epoch;
    epoch = epoch.next();
    return epoch;
}

std::optional<IntakePoint> MemoryLog::intake_point(Shard shard) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return rows_of(shard).intake;
}

bool MemoryLog::move_intake(Shard shard, Epoch epoch, const IntakePoint& point) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (rows_of(shard).head.epoch != epoch) return false;
    shards_[shard.value()].intake = point;
    return true;
}

std::optional<Receipt> MemoryLog::find_receipt(const Scope& scope, const Uuid& command_id) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    BatchCommand command;
    command.scope = scope;
    command.command_id = command_id;
    return Rows(*this).receipt_of(command);
}

Version MemoryLog::stream_head(const Stream& stream) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return Rows(*this).head_of(stream);
}

std::optional<Position> MemoryLog::position_of(const Stream& stream, Version version) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = streams_.find(stream.str());
    if (place == streams_.end() || version.value() == 0) return std::nullopt;
    if (version.value() > place->second.size()) return std::nullopt;
    return place->second[version.value() - 1];
}

std::uint64_t MemoryLog::scan_stream(const Stream& stream, Version after,
                                     const std::function<bool(const EventView&)>& visit) const {
    const Shard shard = skein::shard_of(scope_of(stream), info_.shard_count);
    std::vector<EventView> events;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        const auto place = streams_.find(stream.str());
        if (place == streams_.end()) return 0;
        for (std::size_t i = after.value(); i < place->second.size(); ++i) {
            events.push_back(view_of(shard, place->second[i]));
        }
    }
    std::uint64_t visited = 0;
    for (const EventView& event : events) {
        ++visited;
        if (!visit(event)) break;
    }
    return visited;
}

std::uint64_t MemoryLog::scan_streams(
    const Scope& scope, const Stream& after,
    const std::function<bool(const Stream&, Version head)>& visit) const {
    std::vector<std::pair<Stream, Version>> found;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        auto place = after.empty() ? streams_.begin() : streams_.upper_bound(after.str());
        if (after < Stream(scope.str())) place = streams_.lower_bound(scope.str());
        for (; place != streams_.end() && place->first.starts_with(scope.str()); ++place) {
            Stream stream(place->first);
            if (!scope.empty() && scope_of(stream) != scope) continue;
            found.emplace_back(std::move(stream), Version(place->second.size()));
        }
    }
    std::uint64_t visited = 0;
    for (const auto& [stream, head] : found) {
        ++visited;
        if (!visit(stream, head)) break;
    }
    return visited;
}

std::uint64_t MemoryLog::scan_index(
    const std::function<bool(const Stream&, Version, Position)>& visit) const {
    std::map<std::string, std::vector<Position>> found;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        found = streams_;
    }
    std::uint64_t visited = 0;
    for (const auto& [name, positions] : found) {
        const Stream stream(name);
        for (std::size_t i = 0; i < positions.size(); ++i) {
            ++visited;
            if (!visit(stream, Version(i + 1), positions[i])) return visited;
        }
    }
    return visited;
}

std::uint64_t MemoryLog::scan_receipts(
    const std::function<bool(const Scope&, const Uuid&, const Receipt&)>& visit) const {
    std::map<std::string, Receipt> found;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        found = receipts_;
    }
    std::uint64_t visited = 0;
    for (const auto& [key, receipt] : found) {
        const std::size_t scope_bytes = key.find('\0');
        ++visited;
        const auto command_id = Uuid::from_bytes(std::string_view(key).substr(scope_bytes + 1));
        if (!visit(Scope(key.substr(0, scope_bytes)), *command_id, receipt)) break;
    }
    return visited;
}

std::optional<EventLog::StoredEvent> MemoryLog::read(Shard shard, Position position) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const ShardRows& rows = rows_of(shard);
    if (position.value() == 0 || position > rows.head.position) return std::nullopt;
    return rows.events[position.value() - 1];
}

void MemoryLog::put_snapshot(const Stream& stream, Version version, std::string_view bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    snapshots_[stream.str()][version] = std::string(bytes);
}

std::optional<EventLog::StoredSnapshot> MemoryLog::find_snapshot(const Stream& stream,
                                                                 Version at_most) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto stored = snapshots_.find(stream.str());
    if (stored == snapshots_.end()) return std::nullopt;
    auto place = stored->second.upper_bound(at_most);
    if (place == stored->second.begin()) return std::nullopt;
    --place;
    return StoredSnapshot{place->first, place->second};
}

}  // namespace skein::log
