// The chunks of a long array or string, in two levels: full blocks of chunks that copies share, and
// the open end. Copying costs blocks + open chunks (253 pointers for 16,000 chunks), not the
// content.
//
// Invariants: every block holds exactly kBlockChunks chunks; open_.size() < kBlockChunks;
// tail.size() < kChunkBytes, so the tail, which each copy owns alone, is cheap to copy.
// Threads: as a std container. Errors: none.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/json/value.h"

namespace skein::json {

class ChunkList {
 public:
    static constexpr std::size_t kBlockChunks = 128;  // near the root of the longest list expected

    // Bytes in chunks and tail, without brackets, quotes and the commas between pieces.
    std::size_t content_bytes() const { return content_bytes_; }
    std::size_t element_count() const { return element_count_; }
    // Sealed chunks, then the tail where it is not empty.
    std::size_t piece_count() const { return sealed_count() + (tail_.empty() ? 0 : 1); }
    std::string_view piece(std::size_t index) const;
    std::size_t piece_elements(std::size_t index) const;
    Value::Chunk chunk(std::size_t index) const;

    // An array element, or escaped text of a string.
    void add_element(std::string_view canonical);
    void add_text(std::string_view escaped);
    // A piece from a store, taken as it is.
    void add_chunk(Value::Chunk chunk);
    // Makes a short last chunk the tail again, so that the next addition goes on filling it.
    void reopen_tail();

 private:
    using Block = std::vector<Value::Chunk>;

    std::size_t sealed_count() const { return blocks_.size() * kBlockChunks + open_.size(); }
    const Value::Chunk& sealed(std::size_t index) const;
    void push(Value::Chunk chunk);
    void seal_tail();

    std::vector<std::shared_ptr<const Block>> blocks_;
    Block open_;
    std::string tail_;
    std::size_t tail_elements_ = 0;
    std::size_t content_bytes_ = 0;
    std::size_t element_count_ = 0;
};

}  // namespace skein::json
