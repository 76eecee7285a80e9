#include "engine/base/fault.h"

namespace skein {

std::string_view to_string(FaultKind kind) {
    switch (kind) {
        case FaultKind::kUnavailable: return "unavailable";
        case FaultKind::kOverloaded: return "overloaded";
        case FaultKind::kCorruption: return "corruption";
        case FaultKind::kConfig: return "config";
    }
    return "unknown";
}

Fault::Fault(FaultKind kind, std::string what, std::string remedy)
    : std::runtime_error(std::move(what)), kind_(kind), remedy_(std::move(remedy)) {}

}  // namespace skein
