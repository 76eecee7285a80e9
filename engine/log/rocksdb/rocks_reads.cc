// Reading; opening and writing stand in rocks_log.cc.
//
// Rows of an append are visible in RocksDB a moment before its head is published. Every read looks
// at the head first and answers nothing that stands beyond it, so all reads tell one story.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/log/rocksdb/key_kinds.h"
#include "engine/log/rocksdb/rocks_log.h"
#include "engine/log/rocksdb/session.h"
#include "engine/log/rocksdb/shard_state.h"
#include "engine/log/rocksdb/status_fault.h"

namespace skein::log {

namespace {

constexpr std::uint64_t kLongScanEvents = 1024;  // more than this is read ahead, past the cache

std::string_view view_of(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// An event row as it is handed out; shorter ones are damaged.
EventView event_of(Shard shard, Position position, std::string_view value,
                   const std::string& directory) {
    if (value.size() < kHashBytes) {
        throw corruption(fmt::format("the event at position {} of shard {} is damaged",
                                     position.value(), shard.value()),
                         directory);
    }
    return {shard, position, value.substr(kHashBytes), value.substr(0, kHashBytes)};
}

Fault missing_event(Shard shard, Position position, const std::string& directory) {
    return corruption(fmt::format("the event at position {} of shard {} is missing",
                                  position.value(), shard.value()),
                      directory);
}

Position indexed_position(const rocksdb::Slice& value, const std::string& directory) {
    const auto position = parse_position(view_of(value));
    if (!position) throw corruption("a row of the stream index is damaged", directory);
    return *position;
}

// Events of one stream stand apart in their shard: asked for together, those of one block cost one
// search. The first group is small, since many readers stop early.
class EventGroup {
 public:
    EventGroup(const Session& session, Shard shard) : session_(session), shard_(shard) {}

    // Whether the group is full, so that it should be read.
    bool add(Position position) {
        positions_.push_back(position);
        keys_.push_back(event_key(shard_, position));
        return positions_.size() >= size_max_;
    }

    // Hands out the events in order while visit returns true; false where it did not.
    bool read(const std::function<bool(const EventView&)>& visit) {
        if (positions_.empty()) return true;
        const std::vector<rocksdb::Slice> keys(keys_.begin(), keys_.end());
        std::vector<rocksdb::PinnableSlice> values(keys.size());
        std::vector<rocksdb::Status> statuses(keys.size());
        rocksdb::DB& db = session_.db();
        db.MultiGet(rocksdb::ReadOptions(), db.DefaultColumnFamily(), keys.size(), keys.data(),
                    values.data(), statuses.data(), true);
        const std::vector<Position> positions = std::exchange(positions_, {});
        keys_.clear();
        size_max_ = std::min(kLast, size_max_ * 2);
        for (std::size_t i = 0; i < positions.size(); ++i) {
            if (statuses[i].IsNotFound())
                throw missing_event(shard_, positions[i], session_.directory());
            throw_if_failed(statuses[i], "reading an event of", session_.directory());
            if (!visit(event_of(shard_, positions[i], view_of(values[i]), session_.directory())))
                return false;
        }
        return true;
    }

 private:
    static constexpr std::size_t kFirst = 4;
    static constexpr std::size_t kLast = 64;

    const Session& session_;
    const Shard shard_;
    std::vector<Position> positions_;
    std::vector<std::string> keys_;
    std::size_t size_max_ = kFirst;
};

StreamVersion parsed_key(const rocksdb::Slice& key, const std::string& directory) {
    const auto parsed = parse_versioned_key(view_of(key));
    if (!parsed) throw corruption("a key of the stream index is damaged", directory);
    return *parsed;
}

// By shard: rows beyond belong to an append that goes on.
std::vector<Position> heads_of(const EventFeed& feed) {
    std::vector<Position> last;
    for (std::uint32_t s = 0; s < feed.shard_count(); ++s)
        last.push_back(feed.head(Shard(s)).position);
    return last;
}

}  // namespace

Head RocksLog::head(Shard shard) const { return state_of(shard).published_head(); }

Position RocksLog::grown_to(Shard shard) const { return growth_->position(shard); }

bool RocksLog::wait_for_growth(const std::vector<Position>& known,
                               std::chrono::milliseconds timeout) const {
    return growth_->wait(known, timeout);
}

void RocksLog::interrupt_waiters() { growth_->interrupt(); }

std::uint64_t RocksLog::scan(Shard shard, Position after,
                             const std::function<bool(const EventView&)>& visit) const {
    const Position last = head(shard).position;
    if (after >= last) return 0;
    const std::shared_ptr<Session> open_now = session();
    const std::string end_key = event_key(shard, last.next());
    const rocksdb::Slice end(end_key);
    const bool is_long = last.value() - after.value() > kLongScanEvents;
    const auto rows =
        open_now->iterate(&end, is_long ? Session::Reach::kMany : Session::Reach::kFew);
    Position next = after.next();
    std::uint64_t visited = 0;
    for (rows->Seek(event_key(shard, next)); rows->Valid(); rows->Next()) {
        if (position_of_event_key(view_of(rows->key())) != next) break;
        ++visited;
        if (!visit(event_of(shard, next, view_of(rows->value()), open_now->directory()))) {
            return visited;
        }
        next = next.next();
    }
    throw_if_failed(rows->status(), "scanning", open_now->directory());
    if (next != last.next()) throw missing_event(shard, next, open_now->directory());
    return visited;
}

std::optional<IntakePoint> RocksLog::intake_point(Shard shard) const {
    const std::shared_ptr<Session> open_now = session();
    const auto value = open_now->get(intake_key(shard), "reading an intake of");
    if (!value) return std::nullopt;
    const auto point = parse_intake(*value);
    if (!point) throw corruption("the point of an intake is damaged", open_now->directory());
    return point;
}

std::optional<Receipt> RocksLog::find_receipt(const Scope& scope, const Uuid& command_id) const {
    const Position last = head(skein::shard_of(scope, info_.shard_count)).position;
    const std::shared_ptr<Session> open_now = session();
    const auto value = open_now->get(receipt_key(scope, command_id), "reading a receipt of");
    if (!value) return std::nullopt;
    auto receipt = parse_receipt(*value);
    if (!receipt) throw corruption("a receipt is damaged", open_now->directory());
    if (receipt->event_count > 0 && receipt->first > last) return std::nullopt;
    return receipt;
}

Version RocksLog::stored_stream_head(const Session& session, const Stream& stream) const {
    const auto rows = session.iterate(nullptr, Session::Reach::kFew);
    rows->SeekForPrev(versioned_key(KeyKind::kStream, stream, Version(UINT64_MAX)));
    throw_if_failed(rows->status(), "reading the stream index of", session.directory());
    if (!rows->Valid() || rows->key().empty()) return Version();
    if (rows->key()[0] != static_cast<char>(KeyKind::kStream)) return Version();
    const StreamVersion found = parsed_key(rows->key(), session.directory());
    return found.stream == stream.str() ? found.version : Version();
}

Version RocksLog::stream_head(const Stream& stream) const {
    ShardState& state = state_of(log::shard_of(*this, stream));
    if (const auto known = state.stream_heads.find(stream)) return *known;
    const Position last = state.published_head().position;
    const std::shared_ptr<Session> open_now = session();
    Version version = stored_stream_head(*open_now, stream);
    while (version.value() > 0) {
        const std::string key = versioned_key(KeyKind::kStream, stream, version);
        const auto value = open_now->get(key, "reading the stream index of");
        if (value && indexed_position(*value, open_now->directory()) <= last) break;
        version = Version(version.value() - 1);
    }
    return version;
}

std::optional<Position> RocksLog::position_of(const Stream& stream, Version version) const {
    const Position last = head(log::shard_of(*this, stream)).position;
    const std::shared_ptr<Session> open_now = session();
    const auto value = open_now->get(versioned_key(KeyKind::kStream, stream, version),
                                     "reading the stream index of");
    if (!value) return std::nullopt;
    const Position position = indexed_position(*value, open_now->directory());
    if (position > last) return std::nullopt;
    return position;
}

std::optional<EventLog::StoredEvent> RocksLog::read(Shard shard, Position position) const {
    if (position.value() == 0 || position > head(shard).position) return std::nullopt;
    const std::shared_ptr<Session> open_now = session();
    const auto value = open_now->get(event_key(shard, position), "reading an event of");
    if (!value) throw missing_event(shard, position, open_now->directory());
    const EventView event = event_of(shard, position, *value, open_now->directory());
    return StoredEvent{std::string(event.bytes), hash_from_bytes(event.hash)};
}

std::uint64_t RocksLog::scan_stream(const Stream& stream, Version after,
                                    const std::function<bool(const EventView&)>& visit) const {
    const Shard shard = log::shard_of(*this, stream);
    const Position last = head(shard).position;
    const std::shared_ptr<Session> open_now = session();
    const std::string& directory = open_now->directory();
    if (after.value() == UINT64_MAX) return 0;
    const std::string end_key = end_of_prefix(
        versioned_key(KeyKind::kStream, stream, Version()).substr(0, stream.str().size() + 2));
    const rocksdb::Slice end(end_key);
    const auto rows = open_now->iterate(&end, Session::Reach::kFew);
    EventGroup group(*open_now, shard);
    std::uint64_t visited = 0;
    const auto hand_out = [&](const EventView& view) {
        ++visited;
        return visit(view);
    };
    Version next = after.next();
    for (rows->Seek(versioned_key(KeyKind::kStream, stream, next)); rows->Valid(); rows->Next()) {
        const Position position = indexed_position(rows->value(), directory);
        if (position > last) break;
        if (parsed_key(rows->key(), directory).version != next) {
            throw corruption(fmt::format("{}@{} is missing", stream.str(), next.value()),
                             directory);
        }
        if (group.add(position) && !group.read(hand_out)) return visited;
        next = next.next();
    }
    throw_if_failed(rows->status(), "reading the stream index of", directory);
    group.read(hand_out);
    return visited;
}

// One seek finds the next name, stream_head() its head: long streams cost no more than short ones.
std::uint64_t RocksLog::scan_streams(
    const Scope& scope, const Stream& after,
    const std::function<bool(const Stream&, Version head)>& visit) const {
    const std::shared_ptr<Session> open_now = session();
    const std::string end_key = end_of_prefix(prefix_key(KeyKind::kStream, scope.str()));
    const rocksdb::Slice end(end_key);
    const auto rows = open_now->iterate(&end, Session::Reach::kFew);
    const std::string behind = end_of_prefix(prefix_key(KeyKind::kStream, after.str()) + '\0');
    const std::string from = prefix_key(KeyKind::kStream, scope.str());
    std::uint64_t visited = 0;
    rows->Seek(!after.empty() && behind > from ? behind : from);
    while (rows->Valid()) {
        const Stream stream(std::string(parsed_key(rows->key(), open_now->directory()).stream));
        // Names that only begin like the scope stand between it and its runs.
        if (scope.empty() || scope_of(stream) == scope) {
            const Version head = stream_head(stream);
            if (head.value() > 0) {
                ++visited;
                if (!visit(stream, head)) return visited;
            }
        }
        rows->Seek(end_of_prefix(prefix_key(KeyKind::kStream, stream.str()) + '\0'));
    }
    throw_if_failed(rows->status(), "reading the stream index of", open_now->directory());
    return visited;
}

std::uint64_t RocksLog::scan_index(
    const std::function<bool(const Stream&, Version, Position)>& visit) const {
    const std::shared_ptr<Session> open_now = session();
    const std::string& directory = open_now->directory();
    const std::vector<Position> last = heads_of(*this);
    const std::string from = prefix_key(KeyKind::kStream, "");
    const std::string end_key = end_of_prefix(from);
    const rocksdb::Slice end(end_key);
    const auto rows = open_now->iterate(&end, Session::Reach::kMany);
    std::uint64_t visited = 0;
    Stream stream;
    Position last_of_shard;
    for (rows->Seek(from); rows->Valid(); rows->Next()) {
        const StreamVersion row = parsed_key(rows->key(), directory);
        if (row.stream != stream.str()) {
            stream = Stream(std::string(row.stream));
            last_of_shard = last[log::shard_of(*this, stream).value()];
        }
        const Position position = indexed_position(rows->value(), directory);
        if (position > last_of_shard) continue;
        ++visited;
        if (!visit(stream, row.version, position)) return visited;
    }
    throw_if_failed(rows->status(), "reading the stream index of", directory);
    return visited;
}

std::uint64_t RocksLog::scan_receipts(
    const std::function<bool(const Scope&, const Uuid&, const Receipt&)>& visit) const {
    const std::shared_ptr<Session> open_now = session();
    const std::string& directory = open_now->directory();
    const std::vector<Position> last = heads_of(*this);
    const std::string from = prefix_key(KeyKind::kReceipt, "");
    const std::string end_key = end_of_prefix(from);
    const rocksdb::Slice end(end_key);
    const auto rows = open_now->iterate(&end, Session::Reach::kMany);
    std::uint64_t visited = 0;
    Scope scope;
    Position last_of_shard = last[skein::shard_of(scope, info_.shard_count).value()];
    for (rows->Seek(from); rows->Valid(); rows->Next()) {
        const auto row = parse_receipt_key(view_of(rows->key()));
        const auto receipt = parse_receipt(view_of(rows->value()));
        if (!row || !receipt) throw corruption("a receipt is damaged", directory);
        if (row->scope != scope.str()) {
            scope = Scope(std::string(row->scope));
            last_of_shard = last[skein::shard_of(scope, info_.shard_count).value()];
        }
        if (receipt->event_count > 0 && receipt->first > last_of_shard) continue;
        ++visited;
        if (!visit(scope, row->command_id, *receipt)) return visited;
    }
    throw_if_failed(rows->status(), "reading the receipts of", directory);
    return visited;
}

std::optional<EventLog::StoredSnapshot> RocksLog::find_snapshot(const Stream& stream,
                                                                Version at_most) const {
    const std::shared_ptr<Session> open_now = session();
    const auto rows = open_now->iterate(nullptr, Session::Reach::kFew);
    rows->SeekForPrev(versioned_key(KeyKind::kSnapshot, stream, at_most));
    throw_if_failed(rows->status(), "reading a snapshot of", open_now->directory());
    if (!rows->Valid() || rows->key()[0] != static_cast<char>(KeyKind::kSnapshot)) {
        return std::nullopt;
    }
    const StreamVersion found = parsed_key(rows->key(), open_now->directory());
    if (found.stream != stream.str()) return std::nullopt;
    return StoredSnapshot{found.version, rows->value().ToString()};
}

}  // namespace skein::log
