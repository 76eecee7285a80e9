// A Rejection: the domain said no, by a named rule. Never thrown, never logged as an error.
//
// Every rule has one RejectionCode with a stable kebab-case name, a class (which decides HTTP
// status and exit code), a cause and a remedy; `skein explain` prints them. Kinds list their own
// codes.
// Threads: value types. Errors: none. Source: interfaces sections 2 and 9, style rule 17.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/json/value.h"

namespace skein::domain {

enum class RejectionClass { kInvalid, kNotFound, kConflict, kDenied, kUnavailable };

struct RejectionCode {
    std::string_view name;  // `run-already-finished`
    RejectionClass rejection_class;
    std::string_view cause;            // one sentence: what rule was broken
    std::string_view remedy;           // one sentence: what to do next
    bool is_expected_version = false;  // answers 412 rather than 409
};

std::string_view to_string(RejectionClass rejection_class);  // "invalid", "not-found", ...
int http_status(const RejectionCode& code);
int exit_code(const RejectionCode& code);

struct Rejection {
    const RejectionCode* code = nullptr;
    std::string message;  // this case: names, values, the valid range
    json::Value context;  // object; machine-readable details
};

// `context` is an object, or null for none.
Rejection reject(const RejectionCode& code, std::string message, json::Value context = {});

}  // namespace skein::domain
