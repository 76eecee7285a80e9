// Chunks: the pieces of long arrays and strings, kept once a scope however many keyframes and forks
// hold them.
//
// Threads: ChunkRows by the projector's thread, StoredChunks from any. Errors: as the store.
// Source: design section 6 (arrays and long strings are immutable chunks).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "engine/codec/codec.h"
#include "projections/core/view.h"
#include "projections/store/keys.h"
#include "projections/store/view_store.h"

namespace skein::projections::history {

// What is known to be kept already, so that a chunk is hashed and written once.
class KnownChunks {
 public:
    // The content's id; remembered as long as the bytes live.
    std::string id_of(const std::shared_ptr<const std::string>& bytes);
    // Whether the row was met before; remembers it.
    bool met(const std::string& key);
    void forget();

 private:
    static constexpr std::size_t kIdsMax = 1U << 15;   // 128 MiB of values' chunks
    static constexpr std::size_t kKeysMax = 1U << 15;  // some MiB of keys

    struct Id {
        std::weak_ptr<const std::string> bytes;
        std::size_t size = 0;  // the last piece of a value may grow in place
        std::string id;
    };
    std::unordered_map<const std::string*, Id> ids_;
    std::unordered_set<std::string> keys_;
};

// A sink whose work the time of a keyframe's part goes by.
class CountingSink : public codec::ChunkSink {
 public:
    // Bytes looked at since the last call.
    std::size_t take_bytes_seen() { return std::exchange(bytes_seen_, 0); }

 protected:
    void saw(std::size_t bytes) { bytes_seen_ += bytes; }

 private:
    std::size_t bytes_seen_ = 0;
};

class ChunkRows final : public CountingSink {
 public:
    ChunkRows(const store::ViewStore& store, KnownChunks& known, Shard shard, std::string scope)
        : store_(store), known_(known), shard_(shard), scope_(std::move(scope)) {}

    void write_to(core::Rows* rows) { rows_ = rows; }
    std::string put(const json::Value::Chunk& chunk) override;

 private:
    const store::ViewStore& store_;
    KnownChunks& known_;
    const Shard shard_;
    const std::string scope_;
    core::Rows* rows_ = nullptr;
};

class StoredChunks final : public codec::ChunkSource {
 public:
    StoredChunks(const store::ViewStore& store, Shard shard, std::string scope)
        : store_(store), shard_(shard), scope_(std::move(scope)) {}
    std::shared_ptr<const std::string> get(std::string_view id) const override;

 private:
    const store::ViewStore& store_;
    const Shard shard_;
    const std::string scope_;
};

}  // namespace skein::projections::history
