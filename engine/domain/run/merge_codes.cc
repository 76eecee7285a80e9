#include "engine/domain/run/merge_codes.h"

namespace skein::domain::run {

const std::vector<const RejectionCode*>& merge_codes() {
    static const std::vector<const RejectionCode*> all{
        &codes::kMergeWithItself,           &codes::kNoMergeBase,    &codes::kNotFastForward,
        &codes::kResolutionWithoutConflict, &codes::kMappingRefused, &codes::kForkAtStart,
        &codes::kConflictNotFound,
    };
    return all;
}

}  // namespace skein::domain::run
