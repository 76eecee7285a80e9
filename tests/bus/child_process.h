// A process of a test's own, with pipes to its standard input and output. Gone with its owner.
//
// Threads: one. Errors: std::runtime_error.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace skein::bus::test {

class ChildProcess {
 public:
    ChildProcess(std::vector<std::string> words, std::vector<std::string> settings) {
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
            throw std::runtime_error("no pipe");
        const std::vector<char*> arguments = pointers(words);
        const std::vector<char*> environment = pointers(settings);
        process_ = ::fork();
        if (process_ < 0) throw std::runtime_error("no process");
        if (process_ == 0) {
            ::dup2(in[0], STDIN_FILENO);
            ::dup2(out[1], STDOUT_FILENO);
            ::execve(arguments[0], arguments.data(), environment.data());
            ::_exit(6);
        }
        ::close(in[0]);
        ::close(out[1]);
        in_ = in[1];
        out_ = out[0];
    }
    ~ChildProcess() {
        if (process_ > 0) {
            kill(SIGKILL);
            wait();
        }
        close_input();
        ::close(out_);
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    void kill(int signal) const { ::kill(process_, signal); }
    // Its standard input ends.
    void close_input() {
        if (in_ >= 0) ::close(in_);
        in_ = -1;
    }
    // The next line of its output; empty where that has ended.
    std::string line() const {
        std::string text;
        for (char byte = 0; ::read(out_, &byte, 1) == 1 && byte != '\n';) text += byte;
        return text;
    }
    // Whether it has ended by itself or by a signal; then wait() returns at once.
    bool has_ended() const {
        siginfo_t info{};
        ::waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT);
        return info.si_pid != 0;
    }
    // Its exit code, or minus the signal that ended it.
    int wait() {
        int status = 0;
        ::waitpid(process_, &status, 0);
        process_ = -1;
        return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    }

 private:
    static std::vector<char*> pointers(std::vector<std::string>& words) {
        std::vector<char*> all;
        for (std::string& word : words) all.push_back(word.data());
        all.push_back(nullptr);
        return all;
    }

    pid_t process_ = -1;
    int in_ = -1;
    int out_ = -1;
};

}  // namespace skein::bus::test
