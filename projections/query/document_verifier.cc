#include "projections/query/document_verifier.h"

#include <fmt/format.h>

#include "engine/base/bytes.h"
#include "projections/history/keyframes.h"
#include "projections/store/row_checksum.h"

namespace skein::projections {

// Gives the ids that the rows must hold, and looks that the chunks are kept.
class DocumentVerifier::Chunks final : public history::CountingSink {
 public:
    Chunks(DocumentVerifier& owner, std::uint64_t ordinal) : owner_(owner), ordinal_(ordinal) {}

    std::string put(const json::Value::Chunk& chunk) override {
        saw(chunk.bytes->size());
        std::string id = owner_.parts_.chunks.id_of(chunk.bytes);
        const std::string key = store::scope_key(owner_.keys_.shard(), owner_.keys_.scope(),
                                                 store::KeyKind::kChunk, id);
        if (!owner_.parts_.chunks.met(key))
            expect_row(
                *owner_.parts_.generation.store, key, *chunk.bytes,
                owner_.at("chunk", fmt::format("chunk {} of keyframe {}", to_hex(id), ordinal_)),
                owner_.parts_.findings);
        return id;
    }

 private:
    DocumentVerifier& owner_;
    const std::uint64_t ordinal_;
};

DocumentVerifier::DocumentVerifier(const Parts& parts, const Stream& stream)
    : parts_(parts),
      stream_(stream),
      keys_(parts.generation.reader.keys_of(stream)),
      kind_(parts.generation.reader.kind_of(stream)) {
    find_keyframes();
}

Views::RowFailure DocumentVerifier::at(std::string what, std::string row) const {
    return {stream_,       std::move(what), std::move(row), {},
            keys_.shard(), mark_.version,   mark_.position};
}

void DocumentVerifier::folded(const Folded& folded) {
    const domain::EventMeta& meta = folded.incoming.event.meta;
    const bool is_scope = kind_->basis == domain::DocumentBasis::kScope;
    ordinal_ = is_scope ? meta.position.value() : meta.version.value();
    mark_ = folded.state.mark();
    digest_ = folded.state.digest();
    ++deltas_;
    if (pending_ && pending_->completed < ordinal_) {
        since_ = pending_->since;
        pending_.reset();
    }
    store::DeltaRow delta = history::delta_of(folded.incoming, folded.origin);
    delta.base = since_.base;
    delta.past_reads = since_.past_reads + folded.past_reads;
    delta.digest = digest_;
    std::string value;
    store::write_delta(value, delta, ordinal_);
    expect_row(*parts_.generation.store, keys_.delta(ordinal_), value,
               at("delta", fmt::format("delta {}", ordinal_)), parts_.findings);
    const auto count = [&](Since& since) {
        since.delta_bytes += value.size();
        since.past_reads += folded.past_reads;
    };
    count(since_);
    if (pending_) count(pending_->since);
    if (is_scope && folded.origin == history::Origin::kOwn) {
        std::string position;
        put_u64_be(position, meta.position.value());
        expect_row(*parts_.generation.store, keys_.version(meta.version), position,
                   at("version", fmt::format("version {}", meta.version.value())), parts_.findings);
    }
    pass_keyframes(ordinal_ - 1);
    if (keyframes_.empty() || keyframes_.back() != ordinal_) return;
    keyframes_.pop_back();
    check_keyframe(ordinal_, folded.state);
}

void DocumentVerifier::finish(const domain::State& state, Next next) {
    pass_keyframes(~0ULL);
    if (deltas_ == 0) return;
    if (pending_ && pending_->completed > ordinal_) refuse_pending();
    if (pending_) since_ = pending_->since;
    store::HeadRow head;
    head.mark = mark_;
    head.digest = digest_;
    head.ordinal = ordinal_;
    head.base = since_.base;
    head.delta_bytes = since_.delta_bytes;
    head.past_reads = since_.past_reads;
    head.state_bytes = state.size_bytes();
    const store::ViewStore& rows = *parts_.generation.store;
    const bool is_between =
        next == Next::kHere && find_row(rows, keys_.head()).value == store::write_head(head);
    if (!is_between) head.listed = history::listed_text(*kind_, state);
    expect_row(rows, keys_.head(), store::write_head(head), at("head", "head row"),
               parts_.findings);
    expect_row(rows, store::index_key(kind_->name, stream_.str()), {},
               at("index", "line of the list"), parts_.findings);
}

// Every one of which there is a row.
void DocumentVerifier::find_keyframes() {
    const store::KeyRange history = keys_.history();
    parts_.generation.store->check_rows(
        history.from, history.to, [this](std::string_view key, bool) {
            const auto place = store::place_of_row(key);
            const bool is_keyframe = place && place->kind == store::KeyKind::kKeyframe;
            if (is_keyframe && (keyframes_.empty() || keyframes_.back() != place->ordinal))
                keyframes_.push_back(place->ordinal);
            return true;
        });
}

// Keyframes up to `last`, at ordinals where nothing was folded.
void DocumentVerifier::pass_keyframes(std::uint64_t last) {
    for (; !keyframes_.empty() && keyframes_.back() <= last; keyframes_.pop_back()) {
        Views::RowFailure failure = at("keyframe", "no keyframe, for nothing changed there");
        failure.found = fmt::format("keyframe {}", keyframes_.back());
        parts_.findings.add(std::move(failure));
    }
}

// A keyframe that says it was finished later than it can have been.
void DocumentVerifier::refuse_pending() {
    Views::RowFailure failure =
        at("keyframe", fmt::format("keyframe {} finished by {}", pending_->since.base, ordinal_));
    failure.found = fmt::format("finished at {}", pending_->completed);
    parts_.findings.add(std::move(failure));
    pending_.reset();
}

// Each of its rows, as far as there are any; the last one says which deltas rest on it.
void DocumentVerifier::check_keyframe(std::uint64_t ordinal, const domain::State& state) {
    const store::ViewStore& rows = *parts_.generation.store;
    Chunks chunks(*this, ordinal);
    history::KeyframeParts parts(parts_.codec.kind_codec(kind_->name).slice(state.clone(), &chunks),
                                 chunks);
    std::uint32_t next = 0;
    rows.check_rows(
        keys_.keyframe(ordinal, 0), keys_.keyframe(ordinal, ~0U) + '\0',
        [&](std::string_view key, bool) {
            const std::string row_key = keys_.keyframe(ordinal, next);
            const std::string name = fmt::format("keyframe {} row {}", ordinal, next);
            if (parts.done() || key != row_key) {
                Views::RowFailure failure = at("keyframe", parts.done() ? "no " + name : name);
                failure.found = "row " + store::show_key(key);
                parts_.findings.add(std::move(failure));
                return false;
            }
            const FoundRow found = find_row(rows, row_key);
            ByteReader reader(found.value);
            const std::uint64_t completed =
                found.state == RowState::kSound ? history::read_part_start(reader).value_or(0) : 0;
            const std::string value = parts.next(completed);
            expect_row(rows, row_key, value, at("keyframe", name), parts_.findings);
            if (parts.done() && pending_) refuse_pending();
            if (parts.done()) pending_ = Pending{{ordinal, 0, 0}, ordinal + completed};
            ++next;
            return true;
        });
}

}  // namespace skein::projections
