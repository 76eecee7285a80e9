#include "engine/base/fault.h"

#include <cerrno>
#include <utility>

#include "engine/base/fault_codes.h"

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

const FaultCode& code_of(FaultKind kind) {
    switch (kind) {
        case FaultKind::kUnavailable: return fault_codes::kUnavailable;
        case FaultKind::kOverloaded: return fault_codes::kOverloaded;
        case FaultKind::kCorruption: return fault_codes::kCorruption;
        case FaultKind::kConfig: return fault_codes::kBadConfiguration;
        case FaultKind::kMissing: return fault_codes::kNotThere;
    }
    return fault_codes::kUnavailable;
}

const FaultCode& code_of(const std::error_code& error) {
    for (const std::errc full : {std::errc::no_space_on_device, std::errc::file_too_large})
        if (error == full) return fault_codes::kDiskFull;
    if (error.category() == std::generic_category() && error.value() == EDQUOT)
        return fault_codes::kDiskFull;
    for (const std::errc refused : {std::errc::permission_denied, std::errc::read_only_file_system,
                                    std::errc::operation_not_permitted})
        if (error == refused) return fault_codes::kNoPermission;
    for (const std::errc out :
         {std::errc::not_enough_memory, std::errc::resource_unavailable_try_again})
        if (error == out) return fault_codes::kOutOfMemory;
    return fault_codes::kUnavailable;
}

bool tells_disk_full(std::string_view text) {
    return text.find("No space left") != std::string_view::npos;
}

Fault::Fault(FaultKind kind, const std::string& what, std::string remedy)
    : Fault(code_of(kind), what, std::move(remedy)) {}

Fault::Fault(const FaultCode& code, const std::string& what, std::string remedy)
    : std::runtime_error(what), code_(&code), remedy_(std::move(remedy)) {}

}  // namespace skein
