#include "projections/core/projector.h"

#include <fmt/format.h>

#include "engine/base/check.h"
#include "engine/base/crash_point.h"
#include "engine/base/planted_bug.h"
#include "projections/store/keys.h"

namespace skein::projections::core {

namespace {

constexpr unsigned kPositionBits = 48;  // as in event ids

}  // namespace

store::ParkedRow parked_row(const log::EventView& view, Version version, const Refusal& refusal) {
    store::ParkedRow row;
    row.id = (view.shard.value() << kPositionBits) | view.position.value();
    row.version = version;
    row.shard = view.shard;
    row.position = view.position;
    row.code = refusal.code;
    row.message = refusal.message;
    return row;
}

// The batch being filled, and how many rows are new in it.
class Projector::Batch final : public Rows {
 public:
    Batch(Projector& owner, std::unique_ptr<store::RowBatch> rows)
        : owner_(owner), rows_(std::move(rows)) {}

    void put(std::string_view key, std::string_view value) override {
        rows_->put(key, value);
        ++new_rows_;
        new_bytes_ += key.size() + value.size();
    }
    void replace(std::string_view key, std::string_view value) override { rows_->put(key, value); }
    void write_now() override { owner_.write(); }

    store::RowBatch& rows() { return *rows_; }
    bool empty() const { return new_rows_ == 0; }
    void count_into(store::CheckpointRow& checkpoint) {
        checkpoint.rows += std::exchange(new_rows_, 0);
        checkpoint.bytes += std::exchange(new_bytes_, 0);
    }
    void clear() {
        rows_->clear();
        new_rows_ = 0;
        new_bytes_ = 0;
    }

 private:
    Projector& owner_;
    std::unique_ptr<store::RowBatch> rows_;
    std::uint64_t new_rows_ = 0;
    std::uint64_t new_bytes_ = 0;
};

Projector::Projector(const log::EventLog& log, const codec::Codec& codec, store::ViewStore& store,
                     View& view, ProjectorOptions options)
    : log_(log),
      codec_(codec),
      store_(store),
      view_(view),
      options_(std::move(options)),
      batch_(std::make_unique<Batch>(*this, store.make_batch())) {
    reset();
}

Projector::~Projector() = default;

// Stands at the last written batch again.
void Projector::reset() {
    batch_->clear();
    batch_events_ = 0;
    checkpoints_.clear();
    parked_.clear();
    const store::KeyRange range = store::reserved_range(store::KeyKind::kParked);
    store_.scan(range.from, range.to, [&](std::string_view key, std::string_view) {
        if (const auto stream = store::stream_of_reserved(key)) parked_.insert(*stream);
        return true;
    });
}

store::CheckpointRow& Projector::checkpoint(Shard shard) {
    const auto known = checkpoints_.find(shard);
    if (known != checkpoints_.end()) return known->second;
    return checkpoints_.emplace(shard, load_checkpoint(store_, log_, shard)).first->second;
}

Position Projector::position(Shard shard) const {
    const auto known = checkpoints_.find(shard);
    if (known != checkpoints_.end()) return known->second.position;
    return load_checkpoint(store_, log_, shard).position;
}

std::uint64_t Projector::advance(Shard shard, std::uint64_t events_max) {
    if (events_max == 0) return 0;
    try {
        shard_ = shard;
        std::uint64_t taken = 0;
        const log::EventFeed& feed = options_.feed == nullptr ? log_ : *options_.feed;
        feed.scan(shard, checkpoint(shard).position, [&](const log::EventView& view) {
            take(view);
            return ++taken < events_max;
        });
        write();
        return taken;
    } catch (...) {
        view_.forget();
        reset();
        throw;
    }
}

bool Projector::work() {
    try {
        const bool worked = view_.work(*batch_);
        if (worked) write();
        return worked;
    } catch (...) {
        view_.forget();
        reset();
        throw;
    }
}

void Projector::take(const log::EventView& view) {
    const Position last = checkpoint(shard_).position;
    if (view.position <= last) return;
    if (view.shard != shard_ || view.position != last.next())
        throw Fault(FaultKind::kCorruption,
                    fmt::format("shard {}: position {} follows {} in the log", shard_.value(),
                                view.position.value(), last.value()),
                    "Run `skein verify --all`.");
    const auto decoded = codec::decode_event(view.bytes, codec_);
    if (decoded) {
        apply(view, *decoded);
    } else {
        park_undecodable(view, decoded.error().what);
    }
    passed(view);
}

void Projector::must_follow(const log::EventView& view, std::string_view previous) const {
    const Hash& last = checkpoints_.at(shard_).hash;
    if (previous == last.view()) return;
    throw Fault(
        FaultKind::kCorruption,
        fmt::format("shard {} position {}: the hash before it is {}, but {} was expected",
                    view.shard.value(), view.position.value(), to_hex(previous), to_hex(last)),
        "Run `skein verify --all`.");
}

void Projector::apply(const log::EventView& view, const codec::DecodedEvent& decoded) {
    must_follow(view, decoded.previous.view());
    const domain::EventMeta& meta = decoded.event.meta;
    if (meta.shard != view.shard || meta.position != view.position)
        throw Fault(FaultKind::kCorruption,
                    fmt::format("shard {} position {}: the event says shard {} position {}",
                                view.shard.value(), view.position.value(), meta.shard.value(),
                                meta.position.value()),
                    "Run `skein verify --all`.");
    if (!parked_.empty() && parked_.count(meta.stream) > 0) return;
    const auto refusal =
        view_.apply({decoded.event, decoded.type_version, decoded.payload}, *batch_);
    if (refusal) park(view, meta.stream, meta.version, *refusal);
}

void Projector::park_undecodable(const log::EventView& view, const std::string& why) {
    const auto head = codec::decode_head(view.bytes);
    // Without a head nobody knows the stream; its next event will be parked as a gap.
    if (!head) return park(view, Stream(), Version(), {"undecodable", why});
    must_follow(view, head->previous);
    const Stream stream{std::string(head->stream)};
    if (parked_.count(stream) > 0) return;
    park(view, stream, head->version, {"undecodable", why});
}

void Projector::park(const log::EventView& view, const Stream& stream, Version version,
                     const Refusal& refusal) {
    batch_->put(store::parked_key(stream), store::write_parked(parked_row(view, version, refusal)));
    if (!stream.empty()) parked_.insert(stream);
}

void Projector::passed(const log::EventView& view) {
    store::CheckpointRow& row = checkpoint(shard_);
    row.position = view.position;
    row.hash = hash_from_bytes(view.hash);
    row.projection = options_.identity.projection;
    row.incarnation = options_.identity.incarnation;
    ++batch_events_;
    if (batch_events_ >= options_.batch_events_max ||
        batch_->rows().bytes() >= options_.batch_bytes_max)
        write();
}

void Projector::write() {
    view_.finish(*batch_);
    if (batch_events_ == 0 && batch_->empty()) return;
    store::CheckpointRow& row = checkpoint(shard_);
    batch_->count_into(row);
    if (is_planted(PlantedBug::kCheckpointApart)) {
        store_.write(batch_->rows(), options_.journal);
        batch_->clear();
    }
    if (row.position.value() > 0)
        batch_->replace(store::checkpoint_key(shard_), store::write_checkpoint(row));
    SKEIN_CRASH_POINT("view.before_write");
    store_.write(batch_->rows(), options_.journal);
    SKEIN_CRASH_POINT("view.after_write");
    batch_events_ = 0;
    view_.written();
    if (options_.on_written) options_.on_written(shard_, row.position);
}

}  // namespace skein::projections::core
