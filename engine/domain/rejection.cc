#include "engine/domain/rejection.h"

#include <utility>

namespace skein::domain {

std::string_view to_string(RejectionClass rejection_class) {
    switch (rejection_class) {
        case RejectionClass::kInvalid: return "invalid";
        case RejectionClass::kNotFound: return "not-found";
        case RejectionClass::kConflict: return "conflict";
        case RejectionClass::kDenied: return "denied";
        case RejectionClass::kUnavailable: return "unavailable";
    }
    return "invalid";
}

int http_status(const RejectionCode& code) {
    switch (code.rejection_class) {
        case RejectionClass::kInvalid: return 422;
        case RejectionClass::kNotFound: return 404;
        case RejectionClass::kConflict: return code.is_expected_version ? 412 : 409;
        case RejectionClass::kDenied: return 403;
        case RejectionClass::kUnavailable: return 503;
    }
    return 422;
}

int exit_code(const RejectionCode& code) {
    switch (code.rejection_class) {
        case RejectionClass::kInvalid:
        case RejectionClass::kConflict: return 4;
        case RejectionClass::kNotFound: return 3;
        case RejectionClass::kDenied: return 7;
        case RejectionClass::kUnavailable: return 5;
    }
    return 4;
}

Rejection reject(const RejectionCode& code, std::string message, json::Value context) {
    if (context.is_null()) context = json::Value::object({});
    return {&code, std::move(message), std::move(context)};
}

}  // namespace skein::domain
