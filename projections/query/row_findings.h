// RowFindings: what a verifier found wrong so far, and how much it looked at.
//
// Threads: one owner. Errors: none.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "projections/query/views.h"
#include "projections/store/view_store.h"

namespace skein::projections {

class RowFindings {
 public:
    using Progress = std::function<void(std::uint64_t)>;
    // `only`: failures of other streams are left out.
    RowFindings(Progress progress, std::optional<Stream> only)
        : progress_(std::move(progress)), only_(std::move(only)) {}

    void add(Views::RowFailure failure) {
        if (only_ && !failure.stream.empty() && failure.stream != *only_) return;
        if (failures_.size() < kFailuresMax) failures_.push_back(std::move(failure));
    }
    void tick() {
        if (++checked_ % kProgressEvery == 0 && progress_) progress_(checked_);
    }
    std::vector<Views::RowFailure> take() { return std::move(failures_); }

 private:
    static constexpr std::uint64_t kProgressEvery = 1000;
    // A view whose every row is wrong is told by its first ones.
    static constexpr std::size_t kFailuresMax = 1000;

    const Progress progress_;
    const std::optional<Stream> only_;
    std::vector<Views::RowFailure> failures_;
    std::uint64_t checked_ = 0;
};

// What stands under a key: read once, never thrown about.
enum class RowState { kSound, kMissing, kBroken };
struct FoundRow {
    RowState state = RowState::kMissing;
    std::string value;
};
FoundRow find_row(const store::ViewStore& rows, const std::string& key);

// Whether it is `value`; otherwise adds `failure` with what is found instead, shortened. A row
// whose checksum fails has been reported by the walk over all rows.
void expect_row(const store::ViewStore& rows, const std::string& key, const std::string& value,
                Views::RowFailure failure, RowFindings& findings);

// Where two values begin to differ, as short text.
std::string show_bytes(std::string_view value, std::string_view other);

}  // namespace skein::projections
