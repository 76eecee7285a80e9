#include "bench/counted_rows.h"

#include <utility>

namespace skein::bench {

namespace store = projections::store;

class CountedRows::Batch final : public store::RowBatch {
 public:
    Batch(std::unique_ptr<store::RowBatch> under, Keep keep)
        : under_(std::move(under)), keep_(keep) {}

    void put(std::string_view key, std::string_view value) override {
        under_->put(key, value);
        written_ += key.size() + value.size();
        if (keep_ == Keep::kRows) rows_.push_back({std::string(key), std::string(value)});
    }
    void erase(std::string_view key) override { under_->erase(key); }
    void erase_range(std::string_view from, std::string_view to) override {
        under_->erase_range(from, to);
    }
    void clear() override {
        under_->clear();
        rows_.clear();
        written_ = 0;
    }
    std::size_t bytes() const override { return under_->bytes(); }

    store::RowBatch& under() { return *under_; }
    std::uint64_t take_written() { return std::exchange(written_, 0); }
    WrittenBatch take_rows() { return std::exchange(rows_, {}); }

 private:
    const std::unique_ptr<store::RowBatch> under_;
    const Keep keep_;
    std::uint64_t written_ = 0;
    WrittenBatch rows_;
};

std::unique_ptr<store::RowBatch> CountedRows::make_batch() const {
    return std::make_unique<Batch>(store_->make_batch(), keep_);
}

void CountedRows::write(store::RowBatch& batch, store::Journal journal) {
    auto& own = dynamic_cast<Batch&>(batch);
    store_->write(own.under(), journal);
    bytes_ += own.take_written();
    if (keep_ == Keep::kRows) batches_.push_back(own.take_rows());
}

}  // namespace skein::bench
