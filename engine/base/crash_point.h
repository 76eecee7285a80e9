// Named places where a test makes the process die at once, as a power cut would.
// Off unless the environment names one: SKEIN_CRASH_AT=log.after_write:3 dies at its third passing.
//
// Threads: any. Errors: none. Source: design section 9.
#pragma once

namespace skein {

// Dies by SIGKILL where `name` is the armed crash point and its count is reached.
void pass_crash_point(const char* name);

}  // namespace skein

#define SKEIN_CRASH_POINT(name) ::skein::pass_crash_point(name)
