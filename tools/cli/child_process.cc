#include "tools/cli/child_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "engine/base/fault.h"

namespace skein::cli {

namespace {

[[noreturn]] void refuse(const char* what) {
    throw Fault(FaultKind::kUnavailable,
                std::string(what) + ": " + std::generic_category().message(errno),
                "Free some processes or file descriptors, then try again.");
}

// The argument vector is made before fork(): between fork and exec nothing may be allocated.
[[noreturn]] void become(char* const* arguments, int input, int other) {
    dup2(input, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    close(input);
    close(other);
    signal(SIGPIPE, SIG_DFL);
    execvp(arguments[0], arguments);
    _exit(kCommandNotFound);
}

// A command may end before it has read everything.
void write_all(int descriptor, const std::string& text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t count = write(descriptor, text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        done += static_cast<std::size_t>(count);
    }
}

}  // namespace

int run_with_input(const std::vector<std::string>& command, const std::string& input) {
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) refuse("cannot make a pipe");
    const auto old_handler = signal(SIGPIPE, SIG_IGN);
    const pid_t child = fork();
    if (child < 0) refuse("cannot start a process");
    if (child == 0) become(arguments.data(), ends[0], ends[1]);
    close(ends[0]);
    write_all(ends[1], input);
    close(ends[1]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    signal(SIGPIPE, old_handler);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace skein::cli
