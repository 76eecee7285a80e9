// SKEIN_CHECK: an invariant of our own code, always on. A failing check is a bug in skein, never an
// answer to input: bytes from files, networks, arguments or stores become a Rejection or a Fault.
//
// Threads: any. Errors: prints the condition and aborts. Source: style rule 20.
#pragma once

#include <fmt/format.h>

#include <string>

namespace skein {

// Prints "file:line: invariant broken: condition: text" to stderr and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               const std::string& text);

}  // namespace skein

#define SKEIN_CHECK(condition, ...)                                                            \
    do {                                                                                       \
        if (!(condition)) [[unlikely]]                                                         \
            ::skein::check_failed(__FILE__, __LINE__, #condition, ::fmt::format(__VA_ARGS__)); \
    } while (false)
