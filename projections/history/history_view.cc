#include "projections/history/history_view.h"

#include <fmt/format.h>

#include <set>

#include "engine/base/bytes.h"

namespace skein::projections::history {

namespace {

bool is_scope_document(const Document& document) {
    return document.kind->basis == domain::DocumentBasis::kScope;
}

}  // namespace

// Other states while an event is applied, from the working set or the rows; counts what is read.
class HistoryView::Past final : public domain::Past {
 public:
    Past(HistoryView& owner, core::Rows& rows) : owner_(owner), rows_(rows) {}

    std::shared_ptr<const domain::State> at(const Stream& stream, Version version) const override {
        const bool first = seen_.emplace(stream, version).second;
        const std::shared_ptr<Document> held = owner_.documents_.find(stream);
        if (held && held != owner_.applying_ && held->state->version() == version &&
            !is_scope_document(*held)) {
            if (first) reads_ += 1 + held->last_past_reads;
            return held->state->clone();
        }
        if (held && held->dirty == Dirty::kYes) rows_.write_now();
        const Reading reading = owner_.reader_.at_version(stream, version);
        if (reading.ordinal == 0)
            throw Fault(FaultKind::kCorruption,
                        fmt::format("{} has no version {}", stream.str(), version.value()));
        if (first) reads_ += 1 + reading.past_reads;
        return reading.state;
    }

    std::uint64_t reads() const { return reads_; }

 private:
    HistoryView& owner_;
    core::Rows& rows_;
    mutable std::set<std::pair<Stream, Version>> seen_;
    mutable std::uint64_t reads_ = 0;
};

HistoryView::HistoryView(std::shared_ptr<const store::ViewStore> store, const codec::Codec& codec,
                         std::uint32_t shard_count, HistoryOptions options, Readers* readers)
    : reader_(std::move(store), codec, shard_count),
      options_(options),
      readers_(readers),
      documents_(reader_, options.working_set),
      keyframes_(reader_.store(), codec) {}

HistoryView::~HistoryView() = default;

std::optional<core::Refusal> HistoryView::apply(const core::Incoming& incoming, core::Rows& rows) {
    const domain::EventMeta& meta = incoming.event.meta;
    if (reader_.kind_of(meta.stream) == nullptr)
        return core::Refusal{"unknown-kind",
                             fmt::format("no kind has the stream {}", meta.stream.str())};
    const std::shared_ptr<Document> document = documents_.get(meta.stream);
    if (meta.version != document->state->version().next())
        return core::Refusal{"version-gap",
                             fmt::format("version {} follows {}", meta.version.value(),
                                         document->state->version().value())};
    std::uint64_t past_reads = 0;
    if (auto refusal = fold(incoming, document, rows, past_reads)) return refusal;
    const std::uint64_t ordinal =
        is_scope_document(*document) ? meta.position.value() : meta.version.value();
    add_delta(document, {incoming, ordinal, past_reads, Origin::kOwn}, rows);
    if (is_scope_document(*document)) {
        std::string position;
        put_u64_be(position, meta.position.value());
        rows.put(document->keys.version(meta.version), position);
    }
    add_to_scope(incoming, rows);
    step_keyframes(rows);
    return std::nullopt;
}

// Applies the event to the document's state; a refused one leaves no trace.
std::optional<core::Refusal> HistoryView::fold(const core::Incoming& incoming,
                                               const std::shared_ptr<Document>& document,
                                               core::Rows& rows, std::uint64_t& past_reads) {
    applying_ = document;
    std::optional<core::Refusal> refusal;
    try {
        const Past past(*this, rows);
        document->state->apply(incoming.event, past);
        past_reads = past.reads();
    } catch (const store::ViewDamage&) {
        applying_.reset();
        throw;
    } catch (const Fault& fault) {
        if (fault.kind() == FaultKind::kUnavailable) {
            applying_.reset();
            throw;
        }
        refusal = core::Refusal{"refused", fault.what()};
        // Its state may be half changed: what came before goes into the rows, the rest is dropped.
        rows.write_now();
        keyframes_.abandon(*document);
        documents_.drop(document->state->stream());
    }
    applying_.reset();
    // The row that was written in between says less than it should.
    if (refusal && document->head.ordinal > 0)
        documents_.mark_dirty(documents_.get(document->state->stream()));
    return refusal;
}

void HistoryView::add_delta(const std::shared_ptr<Document>& document, const Folded& folded,
                            core::Rows& rows) {
    store::HeadRow& head = document->head;
    if (head.ordinal == 0)
        rows.put(store::index_key(document->kind->name, document->state->stream().str()), {});
    store::DeltaRow delta = delta_of(folded.incoming, folded.origin);
    delta.base = head.base;
    delta.past_reads = head.past_reads + folded.past_reads;
    delta.digest = document->state->digest();
    std::string value;
    store::write_delta(value, delta, folded.ordinal);
    rows.put(document->keys.delta(folded.ordinal), value);

    head.mark = document->state->mark();
    head.digest = delta.digest;
    head.ordinal = folded.ordinal;
    head.delta_bytes += value.size();
    head.state_bytes = document->state->size_bytes();
    head.past_reads = delta.past_reads;
    document->last_past_reads = delta.past_reads;
    documents_.mark_dirty(document);
    if (document->keyframe_pending) {
        document->bytes_since_pending += value.size();
        document->past_reads_since_pending += folded.past_reads;
    } else if (keyframe_due(head, options_.keyframes)) {
        keyframes_.start(document);
    }
}

// The timeline of the scope, and its document where the event changes what that lists.
void HistoryView::add_to_scope(const core::Incoming& incoming, core::Rows& rows) {
    const domain::EventMeta& meta = incoming.event.meta;
    std::optional<Stream> scope_document = reader_.scope_document_of(meta.stream);
    const bool is_own = !scope_document.has_value();
    if (is_own) {
        const domain::Kind* kind = reader_.kind_of(meta.stream);
        if (kind->basis != domain::DocumentBasis::kScope) return;
        scope_document = meta.stream;
    }
    rows.put(store::timeline_key(meta.shard, scope_of(meta.stream).str(), meta.position),
             store::write_timeline({meta.recorded_at, meta.event_id}));
    scope_marks_[*scope_document] = {Version(), meta.shard, meta.position, meta.recorded_at,
                                     meta.event_id};
    if (is_own || !incoming.event.body->listed_status()) return;
    const std::shared_ptr<Document> document = documents_.get(*scope_document);
    document->state->observe(incoming.event);
    add_delta(document, {incoming, meta.position.value(), 0, Origin::kObserved}, rows);
}

void HistoryView::step_keyframes(core::Rows& rows) {
    if (const std::shared_ptr<Document> done = keyframes_.step(rows)) documents_.mark_dirty(done);
}

void HistoryView::finish(core::Rows& rows) {
    for (const std::shared_ptr<Document>& document : documents_.dirty()) {
        // Between two versions the state tells neither; the event behind them writes the row again.
        document->head.listed =
            document == applying_ ? std::string() : listed_text(*document->kind, *document->state);
        rows.replace(document->keys.head(), store::write_head(document->head));
    }
}

void HistoryView::written() {
    if (readers_ != nullptr) {
        for (const std::shared_ptr<Document>& document : documents_.dirty()) {
            if (document == applying_) {
                readers_->drop(document->state->stream());
                continue;
            }
            std::shared_ptr<domain::State> copy = document->state->clone();
            const auto moved = scope_marks_.find(copy->stream());
            if (moved != scope_marks_.end() && moved->second.position > copy->mark().position) {
                moved->second.version = copy->version();
                copy->set_mark(moved->second);
            }
            if (moved != scope_marks_.end()) scope_marks_.erase(moved);
            readers_->publish(std::move(copy));
        }
        for (const auto& [stream, mark] : scope_marks_) readers_->move_mark(stream, mark);
    }
    scope_marks_.clear();
    documents_.clean();
    if (!applying_) documents_.shrink();
}

void HistoryView::forget() {
    documents_.clear();
    keyframes_.forget();
    scope_marks_.clear();
    applying_.reset();
}

bool HistoryView::work(core::Rows& rows) {
    if (keyframes_.empty()) return false;
    step_keyframes(rows);
    return true;
}

}  // namespace skein::projections::history
