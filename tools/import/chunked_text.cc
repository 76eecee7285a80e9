#include "tools/import/chunked_text.h"

#include <algorithm>

#include "engine/base/check.h"

namespace skein::import {
namespace {

constexpr std::uint64_t kRoomMin = 64;  // numbers for each chunk, where neighbours are renumbered

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

// The byte at which code point `index` begins; the size where there are fewer.
std::size_t byte_of(std::string_view text, std::uint64_t index) {
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (starts_code_point(text[i]) && seen++ == index) return i;
    }
    return text.size();
}

std::vector<std::string_view> pieces_of(std::string_view text) {
    const std::uint64_t total = count_code_points(text);
    if (total <= ChunkedText::kChunkMax) return {text};
    const std::uint64_t count = (total + ChunkedText::kPieceMax - 1) / ChunkedText::kPieceMax;
    std::vector<std::string_view> pieces;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t size = total * (i + 1) / count - total * i / count;
        const std::size_t end = byte_of(text, size);
        pieces.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
    return pieces;
}

using Chunks = std::vector<ChunkedText::Chunk>;

// The chunk with this number; a chunk without text where there is none.
ChunkedText::Chunk chunk_under(const Chunks& chunks, std::uint32_t number) {
    const auto found = std::lower_bound(
        chunks.begin(), chunks.end(), number,
        [](const ChunkedText::Chunk& chunk, std::uint32_t value) { return chunk.number < value; });
    if (found == chunks.end() || found->number != number) return {number, 0, nullptr};
    return *found;
}

bool same(const ChunkedText::Chunk& left, const ChunkedText::Chunk& right) {
    if (left.text == right.text) return true;
    return left.text != nullptr && right.text != nullptr && *left.text == *right.text;
}

std::vector<std::uint32_t> numbers_of(const Chunks& left, const Chunks& right) {
    std::vector<std::uint32_t> numbers;
    for (const auto& chunk : left) numbers.push_back(chunk.number);
    for (const auto& chunk : right) numbers.push_back(chunk.number);
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    return numbers;
}

}  // namespace

std::uint64_t count_code_points(std::string_view text) {
    return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), starts_code_point));
}

std::string ChunkedText::text() const {
    std::string whole;
    for (const Chunk& chunk : chunks_) whole += *chunk.text;
    return whole;
}

// At the end of a chunk rather than at the start of the next one.
ChunkedText::Spot ChunkedText::spot_at(std::uint64_t position) const {
    for (std::size_t i = 0; i < chunks_.size(); ++i) {
        if (position <= chunks_[i].count) return {i, position};
        position -= chunks_[i].count;
    }
    if (chunks_.empty()) return {};
    return {chunks_.size() - 1, chunks_.back().count};
}

void ChunkedText::apply(const Edit& edit) {
    const Spot spot = spot_at(edit.position);
    if (edit.deleted > 0) erase(spot, edit.deleted);
    // An erased chunk may be gone, and its place with it.
    if (!edit.inserted.empty()) insert(spot_at(edit.position), edit.inserted);
    if (!changed_.empty()) return;
    changed_.push_back(chunks_.empty() ? kStep : chunks_[spot.chunk].number);
}

void ChunkedText::put(std::size_t index, std::string text) {
    Chunk& chunk = chunks_[index];
    chunk.count = static_cast<std::uint32_t>(count_code_points(text));
    chunk.text = std::make_shared<const std::string>(std::move(text));
    changed_.push_back(chunk.number);
}

void ChunkedText::erase(Spot spot, std::uint64_t count) {
    const auto at = [this](std::size_t i) {
        return chunks_.begin() + static_cast<std::ptrdiff_t>(i);
    };
    while (count > 0 && spot.chunk < chunks_.size()) {
        const Chunk& chunk = chunks_[spot.chunk];
        const std::uint64_t here = std::min<std::uint64_t>(count, chunk.count - spot.offset);
        count -= here;
        if (here == chunk.count) {
            changed_.push_back(chunk.number);
            chunks_.erase(at(spot.chunk));
            continue;
        }
        if (here > 0) {
            std::string text = *chunk.text;
            const std::size_t from = byte_of(text, spot.offset);
            const std::size_t bytes = byte_of(std::string_view(text).substr(from), here);
            put(spot.chunk, text.erase(from, bytes));
        }
        ++spot.chunk;
        spot.offset = 0;
    }
}

void ChunkedText::insert(Spot spot, std::string_view inserted) {
    if (chunks_.empty()) {
        chunks_.push_back({kStep, 0, std::make_shared<const std::string>()});
        spot = {};
    }
    std::string text = *chunks_[spot.chunk].text;
    text.insert(byte_of(text, spot.offset), inserted);
    const std::vector<std::string_view> pieces = pieces_of(text);
    if (pieces.size() == 1) return put(spot.chunk, std::move(text));
    add_pieces(spot.chunk, pieces);
}

void ChunkedText::add_pieces(std::size_t index, const std::vector<std::string_view>& pieces) {
    chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(index) + 1, pieces.size() - 1, {});
    give_numbers(index + 1, pieces.size() - 1);
    for (std::size_t i = 0; i < pieces.size(); ++i) put(index + i, std::string(pieces[i]));
}

std::uint64_t ChunkedText::number_before(std::size_t index) const {
    return index == 0 ? 0 : chunks_[index - 1].number;
}

std::uint64_t ChunkedText::number_after(std::size_t index) const {
    return index + 1 >= chunks_.size() ? kNumberMax + 1ULL : chunks_[index + 1].number;
}

// `count` chunks from `first` on have no number yet. At the end of the document numbers go on in
// steps; elsewhere they divide the gap.
void ChunkedText::give_numbers(std::size_t first, std::size_t count) {
    const std::uint64_t low = number_before(first);
    std::uint64_t high = number_after(first + count - 1);
    if (first + count == chunks_.size())
        high = std::min<std::uint64_t>(high, low + kStep * (count + 1));
    if (high - low <= count) return renumber(first, first + count);
    for (std::size_t i = 0; i < count; ++i)
        chunks_[first + i].number =
            static_cast<std::uint32_t>(low + (high - low) * (i + 1) / (count + 1));
}

// Widens [from, to) until its gap has room for every chunk in it, then spreads their numbers.
void ChunkedText::renumber(std::size_t from, std::size_t to) {
    const auto room = [&] { return number_after(to - 1) - number_before(from); };
    while (room() < kRoomMin * (to - from + 1) && (from > 0 || to < chunks_.size())) {
        const std::size_t wider = to - from;
        from -= std::min(from, wider);
        to += std::min(chunks_.size() - to, wider);
    }
    const std::uint64_t low = number_before(from);
    const std::uint64_t gap = room();
    const std::uint64_t count = to - from;
    SKEIN_CHECK(gap > count, "{} chunks do not fit in {} numbers", count, gap);
    for (std::size_t i = from; i < to; ++i)
        if (chunks_[i].number != 0) changed_.push_back(chunks_[i].number);
    for (std::size_t i = from; i < to; ++i) {
        chunks_[i].number = static_cast<std::uint32_t>(low + gap * (i - from + 1) / (count + 1));
        changed_.push_back(chunks_[i].number);
    }
}

void ChunkedText::merge(const Chunks& base, const Chunks& source) {
    Chunks merged;
    for (const std::uint32_t number : numbers_of(chunks_, source)) {
        const Chunk ours = chunk_under(chunks_, number);
        const Chunk theirs = chunk_under(source, number);
        const bool differs = !same(ours, theirs);
        if (differs) changed_.push_back(number);
        const Chunk& taken = differs && same(theirs, chunk_under(base, number)) ? ours : theirs;
        if (taken.text != nullptr) merged.push_back(taken);
    }
    chunks_ = std::move(merged);
}

std::vector<ChunkedText::Change> ChunkedText::take_changes() {
    std::sort(changed_.begin(), changed_.end());
    changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
    std::vector<Change> changes;
    changes.reserve(changed_.size());
    for (const std::uint32_t number : changed_)
        changes.push_back({number, chunk_under(chunks_, number).text});
    changed_.clear();
    return changes;
}

}  // namespace skein::import
