// ChunkedText: a document in chunks under numbers, as the variables `text.<8 digits>` hold it.
//
// Invariants: numbers rise from chunk to chunk, 1 <= number <= 99,999,999; every chunk holds 1 to
// kChunkMax code points. A chunk that grows beyond is split into pieces of at most kPieceMax; the
// first keeps the number, the others get numbers between it and the next. Numbers start kStep
// apart. Where no number is free, neighbours are numbered anew, as few as give room. Copies are
// cheap: chunks are shared.
// Units: positions and counts are Unicode code points. Positions beyond the end are cut to it.
// Threads: one. Errors: none; text is valid UTF-8.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skein::import {

class ChunkedText {
 public:
    static constexpr std::uint32_t kNumberMax = 99'999'999;
    static constexpr std::uint32_t kStep = 10'000;
    static constexpr std::uint64_t kChunkMax = 512;
    static constexpr std::uint64_t kPieceMax = 384;

    struct Chunk {
        std::uint32_t number = 0;
        std::uint32_t count = 0;  // code points
        std::shared_ptr<const std::string> text;
    };
    struct Edit {
        std::uint64_t position = 0;
        std::uint64_t deleted = 0;
        std::string_view inserted;
    };
    // What a number holds now; null: nothing.
    struct Change {
        std::uint32_t number = 0;
        std::shared_ptr<const std::string> text;
    };

    const std::vector<Chunk>& chunks() const { return chunks_; }
    std::string text() const;

    void apply(const Edit& edit);
    // Three-way, number by number: what only one side changed is taken as changed, deletions
    // included; else `source` wins. Numbers on which this and source differed count as changed.
    void merge(const std::vector<Chunk>& base, const std::vector<Chunk>& source);
    // All that changed since the last call, by number. Never empty where edits were made: an edit
    // without effect counts as a change of the chunk at its place.
    std::vector<Change> take_changes();

 private:
    struct Spot {
        std::size_t chunk = 0;
        std::uint64_t offset = 0;  // in it
    };
    Spot spot_at(std::uint64_t position) const;
    void erase(Spot spot, std::uint64_t count);
    void insert(Spot spot, std::string_view inserted);
    void put(std::size_t index, std::string text);
    void add_pieces(std::size_t index, const std::vector<std::string_view>& pieces);
    void give_numbers(std::size_t first, std::size_t count);
    void renumber(std::size_t from, std::size_t to);
    std::uint64_t number_before(std::size_t index) const;
    std::uint64_t number_after(std::size_t index) const;

    std::vector<Chunk> chunks_;
    std::vector<std::uint32_t> changed_;
};

std::uint64_t count_code_points(std::string_view text);

}  // namespace skein::import
