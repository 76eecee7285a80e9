// A view store that counts, or keeps, what a projector writes through it.
//
// Threads: one writer. Errors: as the store underneath.
#pragma once

#include <memory>
#include <vector>

#include "projections/store/view_store.h"

namespace skein::bench {

// The rows of each batch as they were put, in order.
using WrittenBatch = std::vector<projections::store::Row>;

class CountedRows final : public projections::store::ViewStore {
 public:
    enum class Keep { kNothing, kRows };
    CountedRows(std::unique_ptr<projections::store::ViewStore> store, Keep keep)
        : store_(std::move(store)), keep_(keep) {}

    // Of all keys and values put so far.
    std::uint64_t bytes_written() const { return bytes_; }
    const std::vector<WrittenBatch>& batches() const { return batches_; }

    std::optional<std::string> get(std::string_view key) const override { return store_->get(key); }
    std::unique_ptr<projections::store::RowCursor> walk(std::string_view from,
                                                        std::string_view to) const override {
        return store_->walk(from, to);
    }
    void check_rows(std::string_view from, std::string_view to, const Check& visit) const override {
        store_->check_rows(from, to, visit);
    }
    std::unique_ptr<projections::store::RowBatch> make_batch() const override;
    void write(projections::store::RowBatch& batch, projections::store::Journal journal) override;
    void ingest(const std::vector<projections::store::Row>& sorted) override {
        store_->ingest(sorted);
    }
    void flush() override { store_->flush(); }
    projections::store::StoreStats stats() const override { return store_->stats(); }
    void destroy_when_closed() override { store_->destroy_when_closed(); }

 private:
    class Batch;

    const std::unique_ptr<projections::store::ViewStore> store_;
    const Keep keep_;
    std::uint64_t bytes_ = 0;
    std::vector<WrittenBatch> batches_;
};

}  // namespace skein::bench
