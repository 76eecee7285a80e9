// Conditions on a state, as people type them: `--where 'variables.budget < 100 and status =
// running'`.
//
//   condition = conjunction { "or" conjunction }      conjunction = term { "and" term }
//   term      = "not" term | "(" condition ")" | "exists" path | path op literal
//   op        = "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains"
//   path      = JSON Pointer (/variables/a) or names joined by ".", both without blanks and without
//               = ! < > ( ); or either of them quoted as a JSON text ("/variables/a b")
//   literal   = JSON (numbers, strings, true, false, null, arrays, objects) or a bare word
//
// A path is looked up in each of the facts in turn. Numbers compare by value, texts by bytes;
// things of different types are unequal and not ordered; a missing path makes every comparison but
// != false. `contains`: text in text, element in array, key in object.
// Threads: a parsed condition is immutable. Errors: Rejection invalid-condition with the column.
// Source: interfaces section 4 (bisect, ls).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "engine/base/result.h"
#include "engine/domain/rejection.h"
#include "engine/json/value.h"

namespace skein::replay {

// What a condition is asked of: documents in the order in which a path is looked up in them. A
// function is called only where what stands before it has not what a path names: the values
// (`variables.budget` is the value itself) before the full document (`status`,
// `variables.budget.version`).
using Facts = std::span<const std::function<json::Value()>>;

class Condition {
 public:
    virtual ~Condition() = default;
    virtual bool holds(Facts facts) const = 0;
    // The JSON Pointer of each path in it.
    virtual void each_path(const std::function<void(std::string_view)>& visit) const = 0;
};

Result<std::shared_ptr<const Condition>, domain::Rejection> parse_condition(std::string_view text);

}  // namespace skein::replay
