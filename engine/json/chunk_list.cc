#include "engine/json/chunk_list.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/json/canonical.h"

namespace skein::json {

const Value::Chunk& ChunkList::sealed(std::size_t index) const {
    const std::size_t block = index / kBlockChunks;
    if (block < blocks_.size()) return (*blocks_[block])[index % kBlockChunks];
    return open_[index % kBlockChunks];
}

std::string_view ChunkList::piece(std::size_t index) const {
    return index < sealed_count() ? std::string_view(*sealed(index).bytes)
                                  : std::string_view(tail_);
}

std::size_t ChunkList::piece_elements(std::size_t index) const {
    return index < sealed_count() ? sealed(index).count : tail_elements_;
}

Value::Chunk ChunkList::chunk(std::size_t index) const {
    SKEIN_CHECK(index < piece_count(), "chunk {} of {}", index, piece_count());
    if (index < sealed_count()) return sealed(index);
    return {std::make_shared<const std::string>(tail_), tail_elements_};
}

void ChunkList::add_element(std::string_view canonical) {
    if (!tail_.empty() && tail_.size() + 1 + canonical.size() > kChunkBytes) seal_tail();
    if (!tail_.empty()) {
        tail_.push_back(',');
        ++content_bytes_;
    }
    tail_.append(canonical);
    ++tail_elements_;
    content_bytes_ += canonical.size();
    ++element_count_;
    if (tail_.size() >= kChunkBytes) seal_tail();
}

void ChunkList::add_text(std::string_view escaped) {
    content_bytes_ += escaped.size();
    while (!escaped.empty()) {
        const std::size_t room = kChunkBytes - tail_.size();
        const std::size_t taken = escaped_prefix(escaped, room);
        if (taken > room) {
            seal_tail();
            continue;
        }
        tail_.append(escaped.substr(0, taken));
        escaped.remove_prefix(taken);
        if (tail_.size() >= kChunkBytes) seal_tail();
    }
}

void ChunkList::add_chunk(Value::Chunk chunk) {
    if (chunk.bytes == nullptr || chunk.bytes->empty()) return;
    content_bytes_ += chunk.bytes->size();
    element_count_ += chunk.count;
    push(std::move(chunk));
}

void ChunkList::reopen_tail() {
    if (!tail_.empty() || open_.empty() || open_.back().bytes->size() >= kChunkBytes) return;
    tail_ = *open_.back().bytes;
    tail_elements_ = open_.back().count;
    open_.pop_back();
}

void ChunkList::push(Value::Chunk chunk) {
    open_.push_back(std::move(chunk));
    if (open_.size() < kBlockChunks) return;
    blocks_.push_back(std::make_shared<const Block>(std::move(open_)));
    open_.clear();
}

void ChunkList::seal_tail() {
    SKEIN_CHECK(!tail_.empty(), "an empty tail is no chunk");
    push({std::make_shared<const std::string>(std::move(tail_)), tail_elements_});
    tail_.clear();
    tail_elements_ = 0;
}

}  // namespace skein::json
