// ViewStore: the sorted rows of one generation of the views. A port with a RocksDB and a memory
// implementation, held to the same contract (tests/contract/view_store).
//
// Promises: a batch is all or nothing, also over a crash, and batches are seen in the order in
// which they were written: after a crash a store holds a prefix of its batches. Journal::kKept
// survives a killed process; batches written with kSkipped survive it only after flush(), still as
// a prefix. Every row carries a checksum of its key and value; a read never gives bytes that fail
// it.
// Threads: all methods from any thread; a batch belongs to one. Errors: ViewDamage where rows or the
// store are broken (the view is dropped and built again), Fault kUnavailable where the disk is.
// Source: design section 6, reliability 3.3; V-171.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/fault.h"

namespace skein::projections::store {

// A view cannot be believed any more. The cure is always the same: drop it, build it from the log.
class ViewDamage : public Fault {
 public:
    explicit ViewDamage(const std::string& what)
        : Fault(FaultKind::kCorruption, what, "Run `skein views rebuild`.") {}
    // `cause`: what the view was lost by, where that is known.
    ViewDamage(const FaultCode& cause, const std::string& what) : Fault(cause, what) {}
};

struct Row {
    std::string key;
    std::string value;
};

class RowBatch {
 public:
    virtual ~RowBatch() = default;
    virtual void put(std::string_view key, std::string_view value) = 0;
    virtual void erase(std::string_view key) = 0;
    // Rows with from <= key < to that stand before this call.
    virtual void erase_range(std::string_view from, std::string_view to) = 0;
    virtual void clear() = 0;
    virtual std::size_t bytes() const = 0;
};

// A walk over the rows of a range, forth and back, as they stood when it began. A move that finds
// no row of the range returns false; key and value are there after a move that found one, and valid
// until the next.
class RowCursor {
 public:
    virtual ~RowCursor() = default;
    virtual bool seek(std::string_view at_least) = 0;
    virtual bool seek_for_prev(std::string_view at_most) = 0;
    virtual bool next() = 0;         // precondition: found()
    virtual bool found() const = 0;  // whether the last move found a row
    virtual std::string_view key() const = 0;
    virtual std::string_view value() const = 0;
};

enum class Journal { kKept, kSkipped };

struct StoreStats {
    std::uint64_t rows = 0;   // about
    std::uint64_t bytes = 0;  // on disk or in memory, about
};

class ViewStore {
 public:
    virtual ~ViewStore() = default;

    virtual std::optional<std::string> get(std::string_view key) const = 0;
    // Rows with from <= key < to. Several steps of one read cost less on one cursor than on
    // several.
    virtual std::unique_ptr<RowCursor> walk(std::string_view from, std::string_view to) const = 0;
    // The row with the greatest key in [at_least, at_most].
    std::optional<Row> seek_for_prev(std::string_view at_most, std::string_view at_least) const;
    // Rows with from <= key < to in order, while visit returns true. Views are valid in the call.
    using Visit = std::function<bool(std::string_view key, std::string_view value)>;
    void scan(std::string_view from, std::string_view to, const Visit& visit) const;
    // All rows with from <= key < to in order, while visit returns true, whether or not their
    // checksum fits: what a verifier walks. An empty `to` is the end.
    using Check = std::function<bool(std::string_view key, bool sound)>;
    virtual void check_rows(std::string_view from, std::string_view to,
                            const Check& visit) const = 0;

    virtual std::unique_ptr<RowBatch> make_batch() const = 0;
    // Takes the batch's rows; it is empty afterwards. Precondition: from make_batch() of this
    // store.
    virtual void write(RowBatch& batch, Journal journal) = 0;
    // Adds rows with strictly increasing keys, all or nothing and durable: a sorted run with its
    // checkpoint row goes in by this one call.
    virtual void ingest(const std::vector<Row>& sorted) = 0;
    // Makes everything written so far durable.
    virtual void flush() = 0;
    virtual StoreStats stats() const = 0;
    // Removes what it keeps on disk when the last user lets go of it.
    virtual void destroy_when_closed() = 0;
};

}  // namespace skein::projections::store
