#include "tools/cli/pager.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>

namespace skein::cli {

namespace {

constexpr const char* kStandardPager = "less -FRX";

// Between fork and exec: only what is safe there.
[[noreturn]] void become_pager(const char* command, int input) {
    ::dup2(input, STDIN_FILENO);
    ::execl("/bin/sh", "sh", "-c", command, static_cast<char*>(nullptr));
    ::_exit(127);
}

}  // namespace

std::unique_ptr<Pager> Pager::start() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): skein never changes its environment.
    const char* const chosen = std::getenv("PAGER");
    const std::string command = chosen == nullptr ? kStandardPager : chosen;
    if (command.empty() || command == "cat") return nullptr;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return nullptr;
    std::cout.flush();
    const pid_t process = ::fork();
    if (process == 0) become_pager(command.c_str(), ends[0]);
    ::close(ends[0]);
    const int terminal = process < 0 ? -1 : ::dup(STDOUT_FILENO);
    if (terminal < 0 || ::dup2(ends[1], STDOUT_FILENO) < 0) {
        ::close(ends[1]);
        return nullptr;
    }
    ::close(ends[1]);
    // A reader who leaves early is no failure, and Ctrl-C is for the pager.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGINT, SIG_IGN);
    return std::unique_ptr<Pager>(new Pager(process, terminal));
}

Pager::~Pager() {
    std::cout.flush();
    ::dup2(terminal_, STDOUT_FILENO);
    ::close(terminal_);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace skein::cli
