// A log that hands out other events than were appended: what a bad disk, or somebody with an
// editor, makes of one shard.
//
// Threads: one owner. Errors: as the log beneath. Source: P9, P10.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "engine/base/check.h"
#include "engine/log/event_log.h"

namespace skein::test {

class TamperedLog final : public log::EventLog {
 public:
    struct Row {
        Position position;
        StoredEvent event;
    };

    TamperedLog(log::EventLog& whole, Shard shard) : whole_(whole), shard_(shard) {
        whole_.scan(shard, Position(0), [this](const log::EventView& view) {
            rows_.push_back({view.position, {std::string(view.bytes), hash_from_bytes(view.hash)}});
            return true;
        });
    }
    // The shard's events as they will be handed out, to be changed.
    std::vector<Row>& rows() { return rows_; }

    std::uint64_t scan(Shard shard, Position after,
                       const std::function<bool(const log::EventView&)>& visit) const override {
        if (shard != shard_) return whole_.scan(shard, after, visit);
        std::uint64_t count = 0;
        for (const Row& row : rows_) {
            if (row.position <= after) continue;
            ++count;
            if (!visit({shard, row.position, row.event.bytes, row.event.hash.view()})) break;
        }
        return count;
    }
    std::uint64_t scan_stream(
        const Stream& stream, Version after,
        const std::function<bool(const log::EventView&)>& visit) const override {
        if (log::shard_of(whole_, stream) != shard_)
            return whole_.scan_stream(stream, after, visit);
        std::uint64_t count = 0;
        for (Version version = after.next(); version <= whole_.stream_head(stream);
             version = version.next()) {
            const auto position = whole_.position_of(stream, version);
            const Row* row = position ? find(*position) : nullptr;
            if (row == nullptr) continue;
            ++count;
            if (!visit({shard_, row->position, row->event.bytes, row->event.hash.view()})) break;
        }
        return count;
    }
    std::optional<StoredEvent> read(Shard shard, Position position) const override {
        if (shard != shard_) return whole_.read(shard, position);
        const Row* row = find(position);
        return row == nullptr ? std::nullopt : std::optional(row->event);
    }

    std::uint32_t shard_count() const override { return whole_.shard_count(); }
    log::Head head(Shard shard) const override { return whole_.head(shard); }
    Position grown_to(Shard shard) const override { return whole_.grown_to(shard); }
    bool wait_for_growth(const std::vector<Position>& known,
                         std::chrono::milliseconds timeout) const override {
        return whole_.wait_for_growth(known, timeout);
    }
    void interrupt_waiters() override { whole_.interrupt_waiters(); }
    const log::StoreInfo& info() const override { return whole_.info(); }
    std::vector<log::AppendResult> append(const std::vector<log::Batch>& batches) override {
        return whole_.append(batches);
    }
    Epoch take_over(Shard shard) override { return whole_.take_over(shard); }
    std::optional<log::IntakePoint> intake_point(Shard shard) const override {
        return whole_.intake_point(shard);
    }
    bool move_intake(Shard shard, Epoch epoch, const log::IntakePoint& point) override {
        return whole_.move_intake(shard, epoch, point);
    }
    std::optional<log::Receipt> find_receipt(const Scope& scope,
                                             const Uuid& command_id) const override {
        if (receipts_.empty()) return whole_.find_receipt(scope, command_id);
        for (const ReceiptRow& row : receipts_)
            if (row.scope == scope && row.command_id == command_id) return row.receipt;
        return std::nullopt;
    }
    Version stream_head(const Stream& stream) const override { return whole_.stream_head(stream); }
    std::optional<Position> position_of(const Stream& stream, Version version) const override {
        if (index_.empty()) return whole_.position_of(stream, version);
        for (const IndexRow& row : index_)
            if (row.stream == stream && row.version == version) return row.position;
        return std::nullopt;
    }
    std::uint64_t scan_streams(
        const Scope& scope, const Stream& after,
        const std::function<bool(const Stream&, Version head)>& visit) const override {
        return whole_.scan_streams(scope, after, visit);
    }
    std::uint64_t scan_index(
        const std::function<bool(const Stream&, Version, Position)>& visit) const override {
        if (index_.empty()) return whole_.scan_index(visit);
        for (const IndexRow& row : index_)
            if (!visit(row.stream, row.version, row.position)) break;
        return index_.size();
    }
    // The rows of the stream index as they will be handed out, to be changed.
    struct IndexRow {
        Stream stream;
        Version version;
        Position position;
    };
    std::vector<IndexRow>& index() {
        if (index_.empty())
            whole_.scan_index([this](const Stream& stream, Version version, Position position) {
                index_.push_back({stream, version, position});
                return true;
            });
        return index_;
    }
    std::uint64_t scan_receipts(
        const std::function<bool(const Scope&, const Uuid&, const log::Receipt&)>& visit)
        const override {
        if (receipts_.empty()) return whole_.scan_receipts(visit);
        for (const ReceiptRow& row : receipts_)
            if (!visit(row.scope, row.command_id, row.receipt)) break;
        return receipts_.size();
    }
    // The receipts as they will be handed out, to be changed.
    struct ReceiptRow {
        Scope scope;
        Uuid command_id;
        log::Receipt receipt;
    };
    std::vector<ReceiptRow>& receipts() {
        if (receipts_.empty())
            whole_.scan_receipts(
                [this](const Scope& scope, const Uuid& command_id, const log::Receipt& receipt) {
                    receipts_.push_back({scope, command_id, receipt});
                    return true;
                });
        return receipts_;
    }
    void put_snapshot(const Stream& stream, Version version, std::string_view bytes) override {
        whole_.put_snapshot(stream, version, bytes);
    }
    std::optional<StoredSnapshot> find_snapshot(const Stream& stream,
                                                Version at_most) const override {
        return whole_.find_snapshot(stream, at_most);
    }

 private:
    const Row* find(Position position) const {
        for (const Row& row : rows_)
            if (row.position == position) return &row;
        return nullptr;
    }

    log::EventLog& whole_;
    const Shard shard_;
    std::vector<Row> rows_;
    std::vector<IndexRow> index_;       // empty: as it stands
    std::vector<ReceiptRow> receipts_;  // empty: as they stand
};

}  // namespace skein::test
