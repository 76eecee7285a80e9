// Reading the public test sets under tests/data.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "engine/base/check.h"

namespace skein::json {

inline std::string read_test_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    SKEIN_CHECK(in.good(), "test file {} cannot be read", path.string());
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// File name to bytes, for every file of tests/data/`folder`.
inline std::map<std::string, std::string> read_test_folder(const std::string& folder) {
    std::map<std::string, std::string> files;
    const std::filesystem::path root = std::filesystem::path(SKEIN_TEST_DATA) / folder;
    for (const auto& entry : std::filesystem::directory_iterator(root))
        files[entry.path().filename().string()] = read_test_file(entry.path());
    SKEIN_CHECK(!files.empty(), "{} is empty", root.string());
    return files;
}

}  // namespace skein::json
