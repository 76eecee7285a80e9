#include "tools/cli/interrupt.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>

namespace skein::cli {

namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");

extern "C" void note_interrupt(int /*signal*/) { interrupted = true; }

}  // namespace

void catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = note_interrupt;
    action.sa_flags = static_cast<int>(SA_RESETHAND);  // without SA_RESTART: reads return
    sigaction(SIGINT, &action, nullptr);
}

bool wait_for_input(std::istream& in) {
    // A signal just before poll() would be missed: it looks again from time to time.
    constexpr int kLookAgainMs = 500;
    while (!interrupted) {
        if (&in != &std::cin || in.rdbuf()->in_avail() > 0) return true;
        struct pollfd standard_input {
            STDIN_FILENO, POLLIN, 0
        };
        if (poll(&standard_input, 1, kLookAgainMs) > 0) return true;
    }
    return false;
}

bool is_interrupted() { return interrupted; }

}  // namespace skein::cli
