// A directory of its own for a test, gone with it.
//
// Threads: one owner. Errors: std::filesystem's exceptions.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace skein::test {

class TempDirectory {
 public:
    explicit TempDirectory(
        const std::filesystem::path& under = std::filesystem::temp_directory_path())
        : path_((under / "skein_test_XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr)
            throw std::filesystem::filesystem_error("mkdtemp", {});
    }
    ~TempDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;

    const std::string& path() const { return path_; }

 private:
    std::string path_;
};

}  // namespace skein::test
