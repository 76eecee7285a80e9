// HistoryReader: documents at any point, out of the rows of one generation.
//
// A document is read from the keyframe that its last delta names and the deltas behind that; what
// its events take from other places (a fork's source, a restore's target) is read in the same way,
// once per read. So the past costs what the present costs. An ordinal counts a document's deltas:
// versions of stream documents, positions of scope documents.
// Threads: all methods from any thread. Errors: store::ViewDamage where rows do not give the digest
// that stands beside them, or are missing. Source: design section 6 (history view), V-26.
#pragma once

#include <memory>

#include "engine/codec/codec.h"
#include "engine/domain/state.h"
#include "projections/store/keys.h"
#include "projections/store/rows.h"
#include "projections/store/view_store.h"

namespace skein::projections::history {

struct Reading {
    std::shared_ptr<domain::State> state;  // never null; version 0 where nothing stands yet
    std::uint64_t ordinal = 0;             // 0: nothing was found
    std::uint64_t past_reads = 0;
};

class HistoryReader final : public domain::Past {
 public:
    static constexpr std::uint64_t kNewest = ~0ULL;

    HistoryReader(std::shared_ptr<const store::ViewStore> store, const codec::Codec& codec,
                  std::uint32_t shard_count);

    // With the deltas up to `ordinal_max`.
    Reading read(const Stream& stream, std::uint64_t ordinal_max) const;
    // Newest and as of a position: scope documents with the mark of their scope's last event.
    Reading newest(const Stream& stream) const;
    Reading as_of(const Stream& stream, Position position) const;
    // ordinal 0 where that version does not stand here.
    Reading at_version(const Stream& stream, Version version) const;
    std::shared_ptr<const domain::State> at(const Stream& stream, Version version) const override;

    std::optional<store::HeadRow> head(const Stream& stream) const;
    const domain::Kind* kind_of(const Stream& stream) const;
    store::DocumentKeys keys_of(const Stream& stream) const;
    const store::ViewStore& store() const { return *store_; }

    // The scope document that `stream` belongs to without being it; nullopt where there is none.
    std::optional<Stream> scope_document_of(const Stream& stream) const;

 private:
    class Session;
    friend class Session;

    Reading read_in(Session& session, const Stream& stream, std::uint64_t ordinal_max) const;
    void load_keyframe(const store::DocumentKeys& keys, std::uint64_t ordinal,
                       store::RowCursor& rows, domain::State& state) const;
    void fold(Session& session, const store::DocumentKeys& keys, const store::DeltaRow& delta,
              domain::State& state) const;
    std::optional<std::uint64_t> ordinal_of(const Stream& stream, Version version) const;
    void move_mark(const Stream& stream, Position position, domain::State& state) const;

    const std::shared_ptr<const store::ViewStore> store_;
    const codec::Codec& codec_;
    const std::uint32_t shard_count_;
};

}  // namespace skein::projections::history
