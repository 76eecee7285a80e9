// A pager between stdout and the terminal: $PAGER, else `less -FRX`.
//
// While one stands, file descriptor 1 is the pipe into it, and Ctrl-C is the pager's.
// Threads: one. Errors: none; where no pager can be started, stdout stays what it was.
// Source: interfaces section 4 (pager on a terminal only).
#pragma once

#include <sys/types.h>

#include <memory>

namespace skein::cli {

class Pager {
 public:
    // Null where PAGER is empty or `cat`, or none can be started.
    static std::unique_ptr<Pager> start();
    // Says that all was written, and waits until the reader is done.
    ~Pager();
    Pager(const Pager&) = delete;
    Pager& operator=(const Pager&) = delete;

 private:
    Pager(pid_t process, int terminal) : process_(process), terminal_(terminal) {}

    const pid_t process_;
    const int terminal_;  // what stdout was
};

}  // namespace skein::cli
