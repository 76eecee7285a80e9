// One run of a command with text on its standard input: what bisect asks.
//
// The command's own output goes to stderr: stdout carries skein's data alone.
// Threads: one. Errors: Fault kUnavailable where no process can be made. Source: interfaces 4.
#pragma once

#include <string>
#include <vector>

namespace skein::cli {

inline constexpr int kCommandNotFound = 127;

// Its exit code; 128 + signal where a signal ended it; kCommandNotFound where there is none.
int run_with_input(const std::vector<std::string>& command, const std::string& input);

}  // namespace skein::cli
