// The rows of one document, as RocksDB's filters see them: its deltas and keyframes, or its
// versions, whose keys are the same up to the NUL behind the suffix.
//
// With a filter over these, a read of a document looks only into the sorted runs that hold
// something of it; without, into one block of each run, however many a large store has.
// Threads: pure. Errors: none. Source: design section 6 (history view); key_kinds.h.
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>

#include <memory>
#include <string_view>

namespace skein::projections::store {

std::shared_ptr<const rocksdb::SliceTransform> document_rows();

// To read rows from `from` to `to`: the filter answers where both are of one document and one kind,
// and all rows are looked at else.
rocksdb::ReadOptions read_options_between(std::string_view from, std::string_view to);

}  // namespace skein::projections::store
