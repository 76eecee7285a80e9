// Keys of the view rows: built and taken apart here alone. The layout stands in key_kinds.h.
//
// Threads: pure. Errors: parse functions return nullopt where a key is none of ours.
// Source: design section 6.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ids.h"
#include "projections/store/key_kinds.h"

namespace skein::projections::store {

// From the first key to after the last.
struct KeyRange {
    std::string from;
    std::string to;
};

// What stands in a row of a document's history, and at which of its ordinals.
struct HistoryPlace {
    enum class Row : std::uint8_t { kDelta, kKeyframe };
    std::uint64_t ordinal = 0;
    Row row = Row::kDelta;
    bool operator==(const HistoryPlace&) const = default;
};

// One document's place: its shard, its scope, and what its stream adds to the scope.
class DocumentKeys {
 public:
    DocumentKeys(Shard shard, const Stream& stream);

    std::string head() const;
    std::string delta(std::uint64_t ordinal) const;
    std::string keyframe(std::uint64_t ordinal, std::uint32_t row) const;
    std::string version(Version version) const;
    // All deltas and keyframes, the newest first. Precondition of history_place(): a key of that
    // range.
    KeyRange history() const { return {delta(~0ULL), keyframe(0, ~0U) + '\0'}; }
    HistoryPlace history_place(std::string_view key) const;

    Shard shard() const { return shard_; }
    std::string_view scope() const { return std::string_view(stream_).substr(0, scope_size_); }
    std::string_view suffix() const { return std::string_view(stream_).substr(scope_size_); }

 private:
    Shard shard_;
    std::string stream_;
    std::size_t scope_size_;
};

// The rows of one kind in a scope: the key of `rest`.
std::string scope_key(Shard shard, std::string_view scope, KeyKind kind, std::string_view rest);
std::string timeline_key(Shard shard, std::string_view scope, Position position);
// All rows of a scope.
KeyRange scope_range(Shard shard, std::string_view scope);

std::string checkpoint_key(Shard shard);
std::string parked_key(const Stream& stream);
std::string index_key(std::string_view kind, std::string_view stream);
KeyRange reserved_range(KeyKind kind);

// Where a row of a timeline stands; nullopt of a key that is too short for one.
std::optional<std::uint64_t> position_of_timeline(std::string_view key);
// The document of a row of a scope, whatever its kind (its scope for chunks and timelines).
struct RowPlace {
    KeyKind kind = KeyKind::kHead;
    Shard shard;
    Stream stream;
    std::uint64_t ordinal = 0;  // of deltas, keyframes and versions; position of timeline rows
};
std::optional<RowPlace> place_of_row(std::string_view key);
// The stream of a parked or index row.
std::optional<Stream> stream_of_reserved(std::string_view key);

}  // namespace skein::projections::store
