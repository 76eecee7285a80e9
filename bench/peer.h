// Another program that does what a benchmark does, measured beside it in the same run.
//
// An environment variable holds its command line, which `./tools/dev bench --servers` sets; the
// programs stand in peers/. Its output is one number: how many of something a second.
// Threads: one. Errors: Fault kConfig where the variable is not set, kUnavailable where the program
// fails or prints no number.
#pragma once

#include <string>
#include <vector>

namespace skein::bench {

class Peer {
 public:
    explicit Peer(const char* variable);

    // Runs it with these words behind its command line; the number that it prints.
    double rate(const std::vector<std::string>& words) const;

 private:
    const std::string command_;
};

}  // namespace skein::bench
