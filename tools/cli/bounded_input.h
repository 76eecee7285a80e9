// Reading what people give without taking more memory than a command may have.
//
// Threads: one a stream. Errors: InputProblem, with errno as the read left it; no exception, also
// where the stream is closed or a directory. Source: interfaces section 9 (limits).
#pragma once

#include <iosfwd>
#include <string>

#include "engine/base/result.h"

namespace skein::cli {

enum class InputProblem {
    kUnreadable,
    kTooLong,  // the rest was not read
};
// All that is left of `in`.
Result<std::string, InputProblem> read_all(std::istream& in, std::size_t bytes_max);

enum class LineRead { kLine, kTooLong, kEnd };
// The next line without its end. Of one that is too long, the rest still stands in `in`.
LineRead read_line(std::istream& in, std::string& line, std::size_t bytes_max);
void skip_line(std::istream& in);

}  // namespace skein::cli
