#include "projections/history/chunk_rows.h"

#include "engine/base/hash.h"

namespace skein::projections::history {

std::string KnownChunks::id_of(const std::shared_ptr<const std::string>& bytes) {
    if (ids_.size() >= kIdsMax) ids_.clear();
    Id& known = ids_[bytes.get()];
    // The same address may hold other bytes by now: only a living owner proves that it does not.
    if (known.size == bytes->size() && known.bytes.lock() == bytes) return known.id;
    const std::array<std::uint8_t, 16> hash = blake2b_128(*bytes);
    known.bytes = bytes;
    known.size = bytes->size();
    known.id.assign(reinterpret_cast<const char*>(hash.data()), hash.size());
    return known.id;
}

bool KnownChunks::met(const std::string& key) {
    if (keys_.size() >= kKeysMax) keys_.clear();
    return !keys_.insert(key).second;
}

void KnownChunks::forget() {
    ids_.clear();
    keys_.clear();
}

std::string ChunkRows::put(const json::Value::Chunk& chunk) {
    saw(chunk.bytes->size());
    std::string id = known_.id_of(chunk.bytes);
    const std::string key = store::scope_key(shard_, scope_, store::KeyKind::kChunk, id);
    if (known_.met(key)) return id;
    if (!store_.get(key)) rows_->put(key, *chunk.bytes);
    return id;
}

std::shared_ptr<const std::string> StoredChunks::get(std::string_view id) const {
    auto bytes = store_.get(store::scope_key(shard_, scope_, store::KeyKind::kChunk, id));
    if (!bytes) return nullptr;
    return std::make_shared<const std::string>(std::move(*bytes));
}

}  // namespace skein::projections::history
