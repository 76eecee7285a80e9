// The rows in memory: for tests, simulation and stores without a disk.
//
// Threads: as the port; one mutex, never held while a visitor runs. Errors: as the port.
#pragma once

#include <map>
#include <mutex>

#include "projections/store/view_store.h"

namespace skein::projections::store {

class MemoryViewStore final : public ViewStore {
 public:
    std::optional<std::string> get(std::string_view key) const override;
    std::unique_ptr<RowCursor> walk(std::string_view from, std::string_view to) const override;
    void check_rows(std::string_view from, std::string_view to, const Check& visit) const override;
    std::unique_ptr<RowBatch> make_batch() const override;
    void write(RowBatch& batch, Journal journal) override;
    void ingest(const std::vector<Row>& sorted) override;
    void flush() override {}
    StoreStats stats() const override;
    void destroy_when_closed() override {}

    // For tests: changes stored bytes behind the store's back. Returns whether the row exists.
    bool damage(std::string_view key);

 private:
    class Batch;
    class Cursor;
    using Rows = std::map<std::string, std::string, std::less<>>;  // with trailers

    // The first row in [from, to), and the last one in [from, at_most]; as stored.
    std::optional<Row> next_row(std::string_view from, std::string_view to) const;
    std::optional<Row> previous_row(std::string_view at_most, std::string_view from) const;

    mutable std::mutex mutex_;
    Rows rows_;                // guarded by mutex_
    std::uint64_t bytes_ = 0;  // guarded by mutex_; of keys and values ever put
};

}  // namespace skein::projections::store
