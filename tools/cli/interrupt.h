// Ctrl-C: long jobs stop at a clean point instead of dying in the middle.
//
// A second Ctrl-C ends the program at once; nothing acknowledged is lost by it.
// Threads: is_interrupted() from any. Errors: none. Source: interfaces section 4.
#pragma once

#include <iosfwd>

namespace skein::cli {

// From now on Ctrl-C is noted.
void catch_interrupts();
bool is_interrupted();
// Waits until `in`, where it is standard input, can be read without blocking; false once
// interrupted. Streams begin an interrupted read again by themselves, so it must not block there.
bool wait_for_input(std::istream& in);

}  // namespace skein::cli
