// What every server of a test has: a directory of its own that does not outlive its binary, a port,
// and a process that ends with this one.
//
// Threads: any. Errors: std::runtime_error.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace skein::test {

// A new directory whose name begins with `prefix`. What binaries that were killed left under that
// prefix is removed first, unless one of the processes that `pid_files` name (within a directory)
// still runs.
class ServerDirectory {
 public:
    explicit ServerDirectory(const std::string& prefix,
                             const std::vector<std::string>& pid_files = {});
    ~ServerDirectory();
    ServerDirectory(const ServerDirectory&) = delete;
    ServerDirectory& operator=(const ServerDirectory&) = delete;

    const std::string& path() const { return path_; }
    // Where its processes write what they have to say.
    std::string output() const { return path_ + "/output"; }
    // The last 2,000 bytes of it.
    std::string output_tail() const;

 private:
    std::string path_;
};

// A loopback port that stays free while its server is down.
int free_port();

struct ServerCommand {
    std::vector<std::string> words;  // the program first
    std::string output;              // the file that its output is appended to
    int signal_at_end = 0;           // what it gets when this process ends
    std::function<void()> prepare;   // in the child, before the program
};
// The process; 126 or 127 is how it ends where the program could not be started.
pid_t start_process(const ServerCommand& command);

}  // namespace skein::test
