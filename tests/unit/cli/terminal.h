// The program as a function: words in, exit code and both outputs out, on a store of its own.
//
// Threads: one. Errors: none; run_cli's exit codes.
#pragma once

#include <string>
#include <vector>

#include "engine/json/value.h"
#include "tests/contract/temp_directory.h"
#include "tools/library/store.h"

namespace skein::test {

struct Typed {
    int exit = 0;
    std::string out;
    std::string err;
};

class Terminal {
 public:
    Typed type(std::vector<std::string> words, const std::string& input = {});
    // Output of a command that must work; as JSON.
    json::Value json(std::vector<std::string> words);
    std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
    std::unique_ptr<Store> open() const;

 private:
    TempDirectory directory_;
};

}  // namespace skein::test
