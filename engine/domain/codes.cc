#include "engine/domain/codes.h"

#include <array>

namespace skein::domain::codes {

std::span<const RejectionCode* const> general() {
    static constexpr std::array kAll{
        &kInvalidJson,    &kInvalidField,     &kMissingField,     &kUnknownField,
        &kUnknownCommand, &kInvalidId,        &kInvalidKey,       &kInvalidTime,
        &kInvalidPoint,   &kPointOutOfRange,  &kValueTooLarge,    &kValueTooDeep,
        &kEventTooLarge,  &kVariableTooLarge, &kCommandIdReused,  &kVersionConflict,
        &kAlreadyExists,  &kEmptyCommand,     &kNoSuchStream,     &kOverloaded,
        &kReadOnly,       &kClosed,           &kDiskFull,         &kCommandTooLarge,
        &kAmbiguousName,  &kInvalidResource,  &kInvalidCondition, &kShardElsewhere,
    };
    return kAll;
}

}  // namespace skein::domain::codes
