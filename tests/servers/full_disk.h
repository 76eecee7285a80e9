// A disk that the processes of a test find full while the test wants it so: real programs, on files
// that get no new block then.
//
// Threads: one. Errors: std::runtime_error.
#pragma once

#include <string>

#include "tests/servers/server_process.h"

namespace skein::test {

class FullDisk {
 public:
    FullDisk();  // there is room

    void fill() const;
    void make_room() const;

    // In a child that is about to become a program: its files below `directory` are on this disk.
    void hold(const std::string& directory) const;

 private:
    std::string marker() const { return directory_.path() + "/full"; }
    std::string library() const { return directory_.path() + "/full_disk.so"; }

    const ServerDirectory directory_;
};

}  // namespace skein::test
