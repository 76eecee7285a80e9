#include "projections/store/memory_view_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/check.h"
#include "projections/store/row_checksum.h"

namespace skein::projections::store {

namespace {

std::string opened(std::string_view key, std::string_view stored) {
    const std::optional<std::string_view> value = open_row(key, stored);
    if (!value) throw ViewDamage(fmt::format("a row fails its checksum: {}", show_key(key)));
    return std::string(*value);
}

}  // namespace

class MemoryViewStore::Batch final : public RowBatch {
 public:
    enum class Op { kPut, kErase, kEraseRange };
    struct Change {
        Op op = Op::kPut;
        std::string key;
        std::string value;  // or the end of the range
    };

    void put(std::string_view key, std::string_view value) override {
        add({Op::kPut, std::string(key), std::string(value) + row_trailer(key, value)});
    }
    void erase(std::string_view key) override { add({Op::kErase, std::string(key), {}}); }
    void erase_range(std::string_view from, std::string_view to) override {
        add({Op::kEraseRange, std::string(from), std::string(to)});
    }
    void clear() override {
        changes_.clear();
        bytes_ = 0;
    }
    std::size_t bytes() const override { return bytes_; }
    std::vector<Change>& changes() { return changes_; }

 private:
    void add(Change change) {
        bytes_ += change.key.size() + change.value.size();
        changes_.push_back(std::move(change));
    }

    std::vector<Change> changes_;
    std::size_t bytes_ = 0;
};

std::optional<std::string> MemoryViewStore::get(std::string_view key) const {
    const std::lock_guard lock(mutex_);
    const auto row = rows_.find(key);
    if (row == rows_.end()) return std::nullopt;
    return opened(row->first, row->second);
}

// Takes row after row out of the map: what is written between two moves is seen.
class MemoryViewStore::Cursor final : public RowCursor {
 public:
    Cursor(const MemoryViewStore& store, std::string_view from, std::string_view to)
        : store_(store), from_(from), to_(to) {}

    bool seek(std::string_view at_least) override {
        return show(store_.next_row(std::max<std::string_view>(at_least, from_), to_));
    }
    bool seek_for_prev(std::string_view at_most) override {
        std::optional<Row> row = store_.previous_row(at_most, from_);
        SKEIN_CHECK(!row || row->key < to_, "a cursor was moved behind the end of its range");
        return show(std::move(row));
    }
    bool next() override { return seek(row_.key + '\0'); }
    bool found() const override { return found_; }
    std::string_view key() const override { return row_.key; }
    std::string_view value() const override { return row_.value; }

 private:
    bool show(std::optional<Row> stored) {
        found_ = stored.has_value();
        if (!stored) return false;
        row_ = {stored->key, opened(stored->key, stored->value)};
        return true;
    }

    const MemoryViewStore& store_;
    const std::string from_;
    const std::string to_;
    Row row_;
    bool found_ = false;
};

std::unique_ptr<RowCursor> MemoryViewStore::walk(std::string_view from, std::string_view to) const {
    return std::make_unique<Cursor>(*this, from, to);
}

std::optional<Row> MemoryViewStore::previous_row(std::string_view at_most,
                                                 std::string_view from) const {
    const std::lock_guard lock(mutex_);
    auto row = rows_.upper_bound(at_most);
    if (row == rows_.begin()) return std::nullopt;
    --row;
    if (row->first < from) return std::nullopt;
    return Row{row->first, row->second};
}

std::optional<Row> MemoryViewStore::next_row(std::string_view from, std::string_view to) const {
    const std::lock_guard lock(mutex_);
    const auto row = rows_.lower_bound(from);
    if (row == rows_.end() || (!to.empty() && row->first >= to)) return std::nullopt;
    return Row{row->first, row->second};
}

void MemoryViewStore::check_rows(std::string_view from, std::string_view to,
                                 const Check& visit) const {
    std::optional<Row> row = next_row(from, to);
    while (row && visit(row->key, open_row(row->key, row->value).has_value()))
        row = next_row(row->key + '\0', to);
}

std::unique_ptr<RowBatch> MemoryViewStore::make_batch() const { return std::make_unique<Batch>(); }

void MemoryViewStore::write(RowBatch& batch, Journal) {
    auto* own = dynamic_cast<Batch*>(&batch);
    SKEIN_CHECK(own != nullptr, "the batch was made by another store");
    const std::lock_guard lock(mutex_);
    for (Batch::Change& change : own->changes()) {
        switch (change.op) {
            case Batch::Op::kPut:
                bytes_ += change.key.size() + change.value.size();
                rows_.insert_or_assign(std::move(change.key), std::move(change.value));
                break;
            case Batch::Op::kErase: rows_.erase(change.key); break;
            case Batch::Op::kEraseRange:
                rows_.erase(rows_.lower_bound(change.key), rows_.lower_bound(change.value));
                break;
        }
    }
    own->clear();
}

void MemoryViewStore::ingest(const std::vector<Row>& sorted) {
    const std::lock_guard lock(mutex_);
    for (const Row& row : sorted)
        rows_.insert_or_assign(row.key, row.value + row_trailer(row.key, row.value));
}

StoreStats MemoryViewStore::stats() const {
    const std::lock_guard lock(mutex_);
    return {rows_.size(), bytes_};
}

bool MemoryViewStore::damage(std::string_view key) {
    const std::lock_guard lock(mutex_);
    const auto row = rows_.find(key);
    if (row == rows_.end()) return false;
    row->second.front() = static_cast<char>(row->second.front() ^ 1);
    return true;
}

}  // namespace skein::projections::store
