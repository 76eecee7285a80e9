#include "engine/base/fault.h"

#include <utility>

namespace skein {

std::string_view to_string(FaultKind kind) {
    switch (kind) {
        case FaultKind::kUnavailable: return "unavailable";
        case FaultKind::kOverloaded: return "overloaded";
        case FaultKind::kCorruption: return "corruption";
        case FaultKind::kConfig: return "config";
        case FaultKind::kMissing: return "missing";
    }
    return "unknown";
}

Fault::Fault(FaultKind kind, const std::string& what, std::string remedy)
    : std::runtime_error(what), kind_(kind), remedy_(std::move(remedy)) {}

}  // namespace skein
