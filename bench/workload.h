// The commands that the benchmarks send, and directories that go away.
//
// Threads: value types.
#pragma once

#include <filesystem>
#include <string>

#include "engine/json/value.h"

namespace skein::bench {

// One `set` of a 200-byte text in a run of swarm `s<swarm>`.
json::Value set_command(std::size_t swarm, std::size_t run, std::size_t n);
json::Value create_command(std::size_t swarm);
json::Value start_command(std::size_t swarm, std::size_t run);

// A fresh directory below SKEIN_BENCH_DIR (or the temporary directory), removed at the end.
class ScratchDirectory {
 public:
    ScratchDirectory();
    ~ScratchDirectory();
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

 private:
    std::filesystem::path path_;
};

}  // namespace skein::bench
