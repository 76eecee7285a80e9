#include "projections/query/scope_replay.h"

#include <algorithm>

#include "engine/codec/envelope.h"
#include "projections/core/projector.h"
#include "projections/store/keys.h"

namespace skein::projections {

namespace {

// Of stored events: their rows take about as much, twice while they are exchanged.
constexpr std::size_t kEventBytesMax = 128U << 20;
constexpr std::size_t kBatchBytesMax = 4U << 20;

}  // namespace

class ScopeReplay::Batch final : public core::Rows {
 public:
    explicit Batch(ScopeReplay& owner) : owner_(owner), rows_(owner.rows_->make_batch()) {}

    void put(std::string_view key, std::string_view value) override { rows_->put(key, value); }
    void replace(std::string_view key, std::string_view value) override { rows_->put(key, value); }
    void write_now() override {
        owner_.view_.finish(*this);
        owner_.rows_->write(*rows_, store::Journal::kKept);
        owner_.view_.written();
    }
    bool is_full() const { return rows_->bytes() >= kBatchBytesMax; }

 private:
    ScopeReplay& owner_;
    const std::unique_ptr<store::RowBatch> rows_;
};

ScopeReplay::ScopeReplay(const Parts& parts)
    : parts_(parts),
      rows_(std::make_shared<store::MemoryViewStore>()),
      view_(rows_, parts.codec, parts.log.shard_count(), parts.history, nullptr) {}

ScopeReplay::~ScopeReplay() = default;

bool ScopeReplay::run(const Scope& scope, Position applied) {
    const auto positions = positions_of(scope, applied);
    if (!positions) return false;
    const Shard shard = skein::shard_of(scope, parts_.log.shard_count());
    Batch batch(*this);
    for (const Position position : *positions) {
        const auto stored = parts_.log.read(shard, position);
        if (!stored) throw Fault(FaultKind::kCorruption, "an event of the log is gone");
        take({shard, position, stored->bytes, stored->hash.view()}, batch);
        if (batch.is_full()) batch.write_now();
    }
    while (view_.work(batch)) batch.write_now();
    batch.write_now();
    replace_rows(scope);
    return true;
}

// In the order of the shard; nullopt where they are too much.
std::optional<std::vector<Position>> ScopeReplay::positions_of(const Scope& scope,
                                                               Position applied) const {
    std::vector<Position> positions;
    std::size_t bytes = 0;
    parts_.log.scan_streams(scope, Stream(), [&](const Stream& stream, Version) {
        parts_.log.scan_stream(stream, Version(0), [&](const log::EventView& view) {
            if (view.position > applied) return false;
            positions.push_back(view.position);
            bytes += view.bytes.size();
            return bytes <= kEventBytesMax;
        });
        return bytes <= kEventBytesMax;
    });
    if (bytes > kEventBytesMax) return std::nullopt;
    std::sort(positions.begin(), positions.end());
    return positions;
}

// As the projector takes it.
void ScopeReplay::take(const log::EventView& view, Batch& batch) {
    const auto decoded = codec::decode_event(view.bytes, parts_.codec);
    if (!decoded) {
        const auto head = codec::decode_head(view.bytes);
        if (!head) return;  // its row is of no stream and stays
        const Stream stream{std::string(head->stream)};
        return park(view, stream, head->version, {"undecodable", decoded.error().what}, batch);
    }
    const domain::EventMeta& meta = decoded->event.meta;
    if (parked_.count(meta.stream) > 0) return;
    const core::Incoming incoming{decoded->event, decoded->type_version, decoded->payload};
    if (const auto refusal = view_.apply(incoming, batch))
        park(view, meta.stream, meta.version, *refusal, batch);
}

void ScopeReplay::park(const log::EventView& view, const Stream& stream, Version version,
                       const core::Refusal& refusal, Batch& batch) {
    if (!parked_.insert(stream).second) return;
    const std::string key = store::parked_key(stream);
    store::ParkedRow row = core::parked_row(view, version, refusal);
    // What an operator took off the list stays off it.
    const auto before = parked_before(key);
    if (before && before->id == row.id) row.state = before->state;
    batch.put(key, store::write_parked(row));
}

std::optional<store::ParkedRow> ScopeReplay::parked_before(const std::string& key) const {
    const auto value = parts_.generation.store->get(key);
    if (!value) return std::nullopt;
    return store::read_parked(key, *value);
}

void ScopeReplay::replace_rows(const Scope& scope) {
    store::ViewStore& live = *parts_.generation.store;
    const Shard shard = skein::shard_of(scope, parts_.log.shard_count());
    const store::KeyRange range = store::scope_range(shard, scope.str());
    const std::unique_ptr<store::RowBatch> batch = live.make_batch();
    batch->erase_range(range.from, range.to);
    const store::KeyRange parked = store::reserved_range(store::KeyKind::kParked);
    live.scan(parked.from, parked.to, [&](std::string_view key, std::string_view) {
        const auto stream = store::stream_of_reserved(key);
        if (stream && !stream->empty() && scope_of(*stream) == scope) batch->erase(key);
        return true;
    });
    rows_->scan({}, "\xff\xff\xff\xff\xff", [&](std::string_view key, std::string_view value) {
        batch->put(key, value);
        return true;
    });
    live.write(*batch, store::Journal::kKept);
}

}  // namespace skein::projections
