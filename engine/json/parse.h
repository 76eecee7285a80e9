// JSON text from outside to a Value: strict RFC 8259, and the contract's further rules.
//
// Refused: anything RFC 8259 refuses, bytes that are not UTF-8, lone surrogates in escapes, a byte
// order mark, duplicate keys, depth over the limit, integer literals outside int64 and uint64,
// numbers that overflow or that underflow to zero. simdjson does the reading; a slow scanner runs
// only after a failure, to name line and column.
// Threads: pure. Errors: ParseError. Source: C-93, interfaces section 9.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/json/value.h"

namespace skein::json {

enum class ParseProblem {
    kNotJson,  // or not as the contract has it
    kTooDeep,
    kTooLong,
};

struct ParseError {
    std::string message;     // what is wrong and what was expected there
    std::size_t line = 0;    // from 1
    std::size_t column = 0;  // from 1, in bytes
    std::size_t offset = 0;  // from 0, in bytes
    ParseProblem problem = ParseProblem::kNotJson;
};

struct ParseLimits {
    std::size_t depth_max = kDepthMax;
    std::size_t bytes_max = 64ULL << 20;
};

Result<Value, ParseError> parse(std::string_view text, const ParseLimits& limits = {});

// True where `bytes` are exactly the canonical form of some value (used on bytes from disk).
bool is_canonical(std::string_view bytes);

}  // namespace skein::json
