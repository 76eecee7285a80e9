// Reading; opening and writing stand in postgres_log.cc.
//
// A commit shows all of an append at once, so what one statement reads is of one moment. Scans look
// at the head first and end there, page by page; no page's connection is held while events are
// visited.
#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "engine/base/check.h"
#include "engine/log/postgres/binary_array.h"
#include "engine/log/postgres/pg_pool.h"
#include "engine/log/postgres/pg_values.h"
#include "engine/log/postgres/postgres_log.h"

namespace skein::log {

namespace {

constexpr const char* kEvent = "an event";
constexpr const char* kReceipt = "a receipt";
// Behind every name: the last character of Unicode.
constexpr const char* kBehindAll = "\xF4\x8F\xBF\xBF";

Fault missing_event(const std::string& where) {
    return {FaultKind::kCorruption, fmt::format("the event at {} is missing in Postgres", where),
            "Check the log with `skein verify --all` and restore a backup."};
}

// Of a row whose columns from `first` on are position, hash, bytes.
EventView event_of(Shard shard, const BinaryRows& rows, std::size_t row, int first) {
    return {shard, Position(rows.number(row, first, kEvent)), rows.bytes(row, first + 2, kEvent),
            rows.bytes(row, first + 1, kEvent)};
}

// The number in the first column of the last row, 0 where there is none.
std::uint64_t last_number(const BinaryRows& page) {
    return page.size() == 0 ? 0 : page.number(page.size() - 1, 0, kEvent);
}

}  // namespace

Head PostgresLog::head(Shard shard) const {
    SKEIN_CHECK(shard.value() < info_.shard_count, "shard {} of {}", shard.value(),
                info_.shard_count);
    const pqxx::result rows =
        pool_->ask(statements::kHead, "reading a head", bigint(shard.value()));
    if (rows.empty()) {
        throw Fault(FaultKind::kCorruption,
                    fmt::format("Postgres has no head of shard {}", shard.value()),
                    "Restore a backup.");
    }
    const pqxx::row row = rows.front();
    return {Position(number_of(row[0], "a head")), hash_of(row[1], "a head"),
            Epoch(number_of(row[2], "a head"))};
}

bool PostgresLog::is_grown(const std::vector<Position>& known) const {
    bool is_beyond = false;
    for (const pqxx::row& row : pool_->ask(statements::kHeads, "reading the heads")) {
        const std::uint64_t shard = number_of(row[0], "a head");
        if (shard >= info_.shard_count) continue;
        const Position position(number_of(row[1], "a head"));
        growth_->publish(Shard(shard), position);
        if (shard < known.size() && position > known[shard]) is_beyond = true;
    }
    return is_beyond;
}

std::uint64_t PostgresLog::scan(Shard shard, Position after,
                                const std::function<bool(const EventView&)>& visit) const {
    const Position last = head(shard).position;
    const auto ask = [this, shard, last](Position behind) {
        return pool_->ask_binary(statements::kScan, "reading events",
                                 {std::to_string(shard.value()), std::to_string(behind.value()),
                                  std::to_string(last.value())});
    };
    std::uint64_t visited = 0;
    std::future<BinaryRows> ahead;
    for (bool is_first = true; after < last; is_first = false) {
        const BinaryRows page = ahead.valid() ? ahead.get() : ask(after);
        const Position end(last_number(page));
        // Who took a whole page takes the next one, most likely: it is read meanwhile, or when it
        // is asked for, where the system gives no more threads.
        if (!is_first && end < last && end > after)
            ahead = std::async(std::launch::async | std::launch::deferred, ask, end);
        for (std::size_t row = 0; row < page.size(); ++row) {
            const EventView event = event_of(shard, page, row, 0);
            if (event.position != after.next()) break;
            after = event.position;
            ++visited;
            if (!visit(event)) return visited;
        }
        if (page.size() == 0 || end != after) {
            throw missing_event(
                fmt::format("position {} of shard {}", after.next().value(), shard.value()));
        }
    }
    return visited;
}

std::uint64_t PostgresLog::scan_stream(const Stream& stream, Version after,
                                       const std::function<bool(const EventView&)>& visit) const {
    const Shard shard = log::shard_of(*this, stream);
    const Version last = stream_head(stream);
    std::uint64_t visited = 0;
    while (after < last) {
        const BinaryRows page = pool_->ask_binary(
            statements::kScanStream, "reading a stream",
            {stream.str(), std::to_string(after.value()), std::to_string(last.value())});
        for (std::size_t row = 0; row < page.size(); ++row) {
            if (page.number(row, 0, kEvent) != after.next().value()) break;
            after = after.next();
            ++visited;
            if (!visit(event_of(shard, page, row, 1))) return visited;
        }
        if (page.size() == 0 || last_number(page) != after.value())
            throw missing_event(fmt::format("{}@{}", stream.str(), after.next().value()));
    }
    return visited;
}

std::uint64_t PostgresLog::scan_streams(
    const Scope& scope, const Stream& after,
    const std::function<bool(const Stream&, Version head)>& visit) const {
    // '0' is the character behind '/': the runs of a scope end there. Names that only begin like
    // the scope stand between it and its runs.
    const std::string end = scope.empty() ? kBehindAll : scope.str() + "0";
    std::string behind = after.str();
    std::uint64_t visited = 0;
    while (true) {
        const pqxx::result page =
            pool_->ask(statements::kStreams, "listing streams", scope.str(), behind, end);
        for (const pqxx::row& row : page) {
            const Stream stream(std::string(row[0].c_str(), row[0].size()));
            if (!scope.empty() && scope_of(stream) != scope) continue;
            ++visited;
            if (!visit(stream, Version(number_of(row[1], "a stream")))) return visited;
        }
        if (page.empty()) return visited;
        behind = std::string(page.back()[0].c_str(), page.back()[0].size());
    }
}

std::uint64_t PostgresLog::scan_index(
    const std::function<bool(const Stream&, Version, Position)>& visit) const {
    Stream stream;
    Version version;
    std::uint64_t visited = 0;
    while (true) {
        const pqxx::result page = pool_->ask(statements::kIndex, "reading the stream index",
                                             stream.str(), version.value());
        for (const pqxx::row& row : page) {
            const std::string_view name(row[0].c_str(), row[0].size());
            if (name != stream.str()) stream = Stream(std::string(name));
            version = Version(number_of(row[1], kEvent));
            ++visited;
            if (!visit(stream, version, Position(number_of(row[2], kEvent)))) return visited;
        }
        if (page.empty()) return visited;
    }
}

// Each page begins behind the last row of the one before; the first one behind the empty scope,
// which no command has.
std::uint64_t PostgresLog::scan_receipts(
    const std::function<bool(const Scope&, const Uuid&, const Receipt&)>& visit) const {
    Scope scope;
    Uuid command_id;
    std::uint64_t visited = 0;
    while (true) {
        const pqxx::result page = pool_->ask(statements::kReceipts, "reading the receipts",
                                             scope.str(), command_id.str());
        for (const pqxx::row& row : page) {
            const std::string_view name(row[0].c_str(), row[0].size());
            if (name != scope.str()) scope = Scope(std::string(name));
            command_id = uuid_of_field(row[1], kReceipt);
            ++visited;
            const Receipt receipt{hash_of(row[4], kReceipt), Position(number_of(row[2], kReceipt)),
                                  static_cast<std::uint32_t>(number_of(row[3], kReceipt))};
            if (!visit(scope, command_id, receipt)) return visited;
        }
        if (page.empty()) return visited;
    }
}

std::optional<Receipt> PostgresLog::find_receipt(const Scope& scope, const Uuid& command_id) const {
    const pqxx::result rows =
        pool_->ask(statements::kReceipt, "reading a receipt", scope.str(), command_id.str());
    if (rows.empty()) return std::nullopt;
    const pqxx::row row = rows.front();
    return Receipt{hash_of(row[2], kReceipt), Position(number_of(row[0], kReceipt)),
                   static_cast<std::uint32_t>(number_of(row[1], kReceipt))};
}

std::vector<std::optional<Receipt>> PostgresLog::find_receipts(
    const std::vector<CommandName>& commands) const {
    BinaryArray scopes(PgType::kText);
    BinaryArray ids(PgType::kUuid);
    for (const CommandName& command : commands) {
        scopes.add(command.scope.str());
        ids.add(command.command_id.view());
    }
    const std::string scope_bytes(scopes.parameter());
    const std::string id_bytes(ids.parameter());
    std::vector<std::optional<Receipt>> found(commands.size());
    for (const pqxx::row& row : pool_->ask(statements::kReceiptsOf, "reading receipts",
                                           binary(scope_bytes), binary(id_bytes)))
        found.at(number_of(row[0], kReceipt) - 1) =
            Receipt{hash_of(row[3], kReceipt), Position(number_of(row[1], kReceipt)),
                    static_cast<std::uint32_t>(number_of(row[2], kReceipt))};
    return found;
}

Version PostgresLog::stream_head(const Stream& stream) const {
    const pqxx::result rows =
        pool_->ask(statements::kStreamHead, "reading the head of a stream", stream.str());
    return rows.empty() ? Version() : Version(number_of(rows.front()[0], "a stream"));
}

std::optional<Position> PostgresLog::position_of(const Stream& stream, Version version) const {
    const pqxx::result rows = pool_->ask(statements::kPositionOf, "looking for an event",
                                         stream.str(), bigint(version.value()));
    if (rows.empty()) return std::nullopt;
    return Position(number_of(rows.front()[0], kEvent));
}

std::optional<EventLog::StoredEvent> PostgresLog::read(Shard shard, Position position) const {
    const auto ask = [&] {
        return pool_->ask(statements::kRead, "reading an event", bigint(shard.value()),
                          bigint(position.value()));
    };
    pqxx::result rows = ask();
    if (rows.empty()) {
        if (position.value() == 0 || position > head(shard).position) return std::nullopt;
        rows = ask();  // it may have been committed in between
    }
    if (rows.empty()) {
        throw missing_event(
            fmt::format("position {} of shard {}", position.value(), shard.value()));
    }
    return StoredEvent{bytes_of(rows.front()[1], kEvent), hash_of(rows.front()[0], kEvent)};
}

std::optional<IntakePoint> PostgresLog::intake_point(Shard shard) const {
    constexpr const char* kPoint = "the point of an intake";
    const pqxx::result rows =
        pool_->ask(statements::kIntakePoint, "reading an intake", bigint(shard.value()));
    if (rows.empty()) return std::nullopt;
    const pqxx::row& row = rows.front();
    return IntakePoint{number_of(row[0], kPoint), number_of(row[1], kPoint),
                       number_of(row[2], kPoint)};
}

std::optional<Position> PostgresLog::find_stray(Shard shard) const {
    const pqxx::result rows =
        pool_->ask(statements::kFindStray, "looking behind the head", bigint(shard.value()));
    if (rows.empty() || rows.front()[0].is_null()) return std::nullopt;
    return Position(number_of(rows.front()[0], "a position"));
}

std::optional<EventLog::StoredSnapshot> PostgresLog::find_snapshot(const Stream& stream,
                                                                   Version at_most) const {
    const std::uint64_t highest = std::min<std::uint64_t>(at_most.value(), INT64_MAX);
    const pqxx::result rows =
        pool_->ask(statements::kFindSnapshot, "reading a snapshot", stream.str(), bigint(highest));
    if (rows.empty()) return std::nullopt;
    return StoredSnapshot{Version(number_of(rows.front()[0], "a snapshot")),
                          bytes_of(rows.front()[1], "a snapshot")};
}

}  // namespace skein::log
