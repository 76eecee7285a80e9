// What golden files are made of: the program that writes a folder of them, and the test that reads
// them, mean the same.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/codec/standard_kinds.h"

namespace skein::tests {

constexpr Timestamp kGoldenNow{1'800'000'000'000'000};  // when state documents are printed
constexpr std::size_t kGoldenSliceBytes = 1000;

// The hash before each golden event.
inline Hash golden_previous() { return blake2b_256("golden"); }

inline std::vector<std::string> golden_slices(const std::shared_ptr<const domain::State>& state,
                                              const std::string& kind) {
    std::vector<std::string> slices;
    const auto slicer = standard().kind_codec(kind).slice(state, nullptr);
    for (std::string slice; slicer->next(slice, kGoldenSliceBytes); slice.clear())
        slices.push_back(slice);
    return slices;
}

}  // namespace skein::tests
